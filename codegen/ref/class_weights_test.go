package ref

import (
	"fmt"
	"math"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestAClassOfWeightTwoCountsTwice holds the objective and its gradients with class weights against those of a batch
// that has the examples of that class twice, for each of two outputs; evaluations go without.
func TestAClassOfWeightTwoCountsTwice(t *testing.T) {
	build := func(kind, sick string) *net.Net {
		src := fmt.Sprintf("version: 1\nname: m\ninput: {name: x, shape: [2]}\nlayers:\n"+
			"  - output: {name: kind, from: x, task: multiclass, units: 3%s}\n"+
			"  - output: {name: sick, from: x, task: binary%s}\n", kind, sick)
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		network, problems := net.Build(s, nil)
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		return network
	}
	xs := [][]float64{{0.3, -1}, {2, 0.5}, {-0.7, 0.1}, {1, 1}}
	kinds := [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 0}}
	sick := []float64{1, 0, 0, 1}
	weights := []float64{1, 0.5, 3, 2}
	batch := func(rows ...int) (b Batch) {
		b = Batch{N: len(rows), Inputs: [][]float64{nil}, Targets: [][]float64{nil, nil}}
		for _, r := range rows {
			b.Inputs[0] = append(b.Inputs[0], xs[r]...)
			b.Targets[0], b.Targets[1] = append(b.Targets[0], kinds[r]...), append(b.Targets[1], sick[r])
			b.Weights = append(b.Weights, weights[r])
		}
		return b
	}
	plain := New(build("", ""), 7)
	for _, c := range []struct {
		name       string
		kind, sick string
		rows       []int // that stand for the weights
		layer      string
	}{
		{"multiclass", ", class_weights: {\"1\": 2}", "", []int{0, 1, 2, 3, 1, 3}, "kind"},
		{"binary", "", ", class_weights: {\"1\": 2}", []int{0, 1, 2, 3, 0, 3}, "sick"},
		{"binary, the other class", "", ", class_weights: {\"0\": 2}", []int{0, 1, 2, 3, 1, 2}, "sick"},
	} {
		weighted := New(build(c.kind, c.sick), 7)
		gradients := func(n *Network, b Batch) map[string][]float64 {
			pass := n.Forward(b, true, 0)
			g := n.Backward(b, pass)
			out := map[string][]float64{}
			for _, p := range n.Net.Params {
				out[p.Name] = g.Params[p]
			}
			return out
		}
		one, twice := batch(0, 1, 2, 3), batch(c.rows...)
		got, want, without := gradients(weighted, one), gradients(plain, twice), gradients(plain, one)
		for name := range want {
			expect := without[name] // the other output has no weights
			if name == c.layer+".kernel" || name == c.layer+".bias" {
				expect = want[name]
			}
			for i := range expect {
				if math.Abs(got[name][i]-expect[i]) > 1e-15 {
					t.Errorf("%s: d%s[%d] = %v, want %v", c.name, name, i, got[name][i], expect[i])
				}
			}
		}
		loss := func(n *Network, b Batch, training bool) float64 { return n.Loss(b, n.Forward(b, training, 0)) }
		if a, b := loss(weighted, one, false), loss(plain, one, false); a != b {
			t.Errorf("%s: the loss of an evaluation is %v, without class weights %v", c.name, a, b)
		}
		if a, b := loss(weighted, one, true), loss(plain, one, true); a == b {
			t.Errorf("%s: the objective is %v, as without class weights", c.name, a)
		}
	}
}
