package codegen_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
)

// TestAFrozenPrefixHasNoBackwardPass looks for what the layers before the first that is trained leave behind the loss:
// no node, no gradient, and no memory for gradients and the optimizer.
func TestAFrozenPrefixHasNoBackwardPass(t *testing.T) {
	const layers = `version: 1
name: m
input: {shape: [8, 8, 1]}
task: multiclass
classes: 3
blocks:
  stem:
    - conv2d: {filters: 4, kernel_size: 3}
    - batch_norm: {epsilon: 0.01}
    - activation: relu
    - dropout: 0.2
layers:
  - stem: {name: s, repeat: 2FROZEN}
  - flatten
  - dense: {name: h, units: 5, activation: relu}
  - output
`
	free := compile(t, "m.yaml", []byte(strings.ReplaceAll(layers, "FROZEN", "")))
	frozen := compile(t, "m.yaml", []byte(strings.ReplaceAll(layers, "FROZEN", ", trainable: false")))
	behind := func(g *ir.Graph) (names []string) {
		at := slices.IndexFunc(g.Nodes, func(n *ir.Node) bool { return n.Prim == ir.LossPrim })
		for _, n := range g.Nodes[at:] {
			if strings.HasPrefix(n.Layer, "s.") || strings.HasPrefix(n.Layer, "flatten") {
				names = append(names, n.Name()+" of "+n.Layer)
			}
		}
		return names
	}
	if len(behind(free.Step)) == 0 {
		t.Error("the layers of the prefix are not found behind the loss where they are trained")
	}
	if names := behind(frozen.Step); names != nil {
		t.Errorf("the frozen prefix has a backward pass: %s", strings.Join(names, ", "))
	}
	for _, g := range frozen.Step.Grads {
		if !strings.HasPrefix(g.Param.Name, "h.") && !strings.HasPrefix(g.Param.Name, "output") {
			t.Errorf("%s has a gradient", g.Param.Name)
		}
	}
	for _, n := range frozen.Step.Nodes {
		if n.Prim == ir.BatchNormTrain {
			t.Errorf("the frozen norm %s goes by the statistics of the batch", n.Layer)
		}
	}
	params := function(t, frozen.Files["m.go"], "type Params struct")
	kept := function(t, frozen.Files["m.go"], "type Frozen struct")
	if strings.Contains(string(params), "S1Conv2d1W") || !strings.Contains(string(kept), "S1Conv2d1W") {
		t.Errorf("the frozen kernel is not among the frozen parameters alone:\n%s%s", params, kept)
	}
	if a, b := slotBytes(frozen.Step), slotBytes(free.Step); a >= b {
		t.Errorf("the activations of a step take %d numbers, and %d where all is trained: want fewer", a, b)
	}
}

func slotBytes(g *ir.Graph) (n int) {
	for _, s := range g.Slots {
		n += s.Size
	}
	return n
}
