package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestIntervalsOfLogarithmsAreShares fits intervals to targets whose errors are shares of them, over four orders of
// magnitude: each quarter of the predictions is covered alike, and no bound is below 0.
func TestIntervalsOfLogarithmsAreShares(t *testing.T) {
	s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\ninput: {shape: [1]}\nlayers:\n  - output: {name: y, "+
		"task: regression, standardize: log, interval: 0.9}\n"), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	if got := network.Outputs[0].Radius.Name; got != "y.interval_factor" {
		t.Errorf("the factor is called %s", got)
	}
	const n = 8000
	b := intervals{o: network.Outputs[0], radius: make([]float32, 1)}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		y := math.Pow(10, 4*float64(i)/n)
		b.y = append(b.y, float32(y))
		b.t = append(b.t, float32(y*math.Exp(0.5*random.NormFloat64())))
	}
	if !b.fit(n/2, 2) {
		t.Fatal("too few")
	}
	if want := math.Exp(1.645 * 0.5); math.Abs(float64(b.radius[0])/want-1) > 0.05 {
		t.Errorf("a factor of %v, want %v", b.radius[0], want)
	}
	for q := range 4 {
		if covered, _ := b.coverage(1+q*n/4, 2, (q+1)*n/4); covered < 0.87 || covered > 0.93 {
			t.Errorf("quarter %d: %.3g of the targets are in their intervals", q, covered)
		}
	}
	for i := range n {
		if low, high := b.of(i, 0); !(low > 0 && low < high) {
			t.Fatalf("from %v to %v around %v", low, high, b.y[i])
		}
	}
}
