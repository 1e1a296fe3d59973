package ref

import (
	"math"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestKinksAreFound takes x² + s·|x − k·h| around 0 for kinks in all places, and none.
func TestKinksAreFound(t *testing.T) {
	const h = 1e-5
	for _, s := range []float64{0, 1e-4, 1} {
		for k := 0.0; k < 1; k += 0.01 {
			f := func(x float64) float64 { return 3*x + 40*x*x + s*math.Max(0, x-k*h) }
			slopes := func(h float64) (left, right float64) { return (f(0) - f(-h)) / h, (f(h) - f(0)) / h }
			left, right := slopes(h)
			l, r := slopes(h / 4)
			// A kink of which the mean of the slopes shows nothing does no harm.
			harm := math.Abs((left+right)/2-3) > 1e-5*3
			if got := isKink(left, right, l, r); got != (s != 0) && (s == 0 || harm) {
				t.Errorf("a kink of %v at %v of the distance: %v", s, k, got)
			}
		}
	}
}

// TestATrainingReducesTheLoss overfits one batch.
func TestATrainingReducesTheLoss(t *testing.T) {
	src := []byte("version: 1\nname: m\ninput: {shape: [2]}\ntask: binary\nlayers:\n" +
		"  - dense: {units: 8, activation: tanh}\n  - output\noptimizer: {adam: {lr: 0.05}}\n")
	s, problems := spec.Parse("m.yaml", src, op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	tr := newTrainer(New(network, 1))
	b := Batch{N: 4, Inputs: [][]float64{{0, 0, 0, 1, 1, 0, 1, 1}}, Targets: [][]float64{{0, 1, 1, 0}}}
	first := tr.step(b, 0.05)
	last := 0.0
	for range 300 {
		last = tr.step(b, 0.05)
	}
	if !(last < 0.02 && last < first/10) {
		t.Errorf("the loss goes from %v to %v", first, last)
	}
	for _, d := range tr.Differences(b, 0, 5) {
		if math.Abs(d.Gradient-d.Finite) > 1e-6 && !d.Kink {
			t.Errorf("%s[%d]: gradient %v, central difference %v", d.Name, d.Element, d.Gradient, d.Finite)
		}
	}
}
