package ref

import (
	"math"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestATrainingReducesTheLoss overfits one batch.
func TestATrainingReducesTheLoss(t *testing.T) {
	src := []byte("version: 1\nname: m\ninput: {shape: [2]}\ntask: binary\nlayers:\n  - dense: {units: 8, activation: tanh}\n  - output\noptimizer: {adam: {lr: 0.05}}\n")
	s, problems := spec.Parse("m.yaml", src, op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	net, problems := op.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	tr := NewTrainer(New(net, 1))
	b := Batch{N: 4, Inputs: [][]float64{{0, 0, 0, 1, 1, 0, 1, 1}}, Targets: [][]float64{{0, 1, 1, 0}}}
	first := tr.Step(b, 0.05)
	last := 0.0
	for range 300 {
		last = tr.Step(b, 0.05)
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
