package golden

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/golden"
)

// updatedWork bounds the elements that all updates go through: about a tenth of a second.
const updatedWork = 1e7

// updates adds what updates by given gradients make of the parameters and of the states of the optimizer. A network
// that has too many parameters for that has none.
func (c *computation) updates(v *vectors) {
	s, size := c.Net.Spec, 0
	// Norms are clipped, and limited, where the largest numbers are above the limits.
	w, g := 1.0, max(1, 8*s.Training.ClipNorm, 4*s.Training.ClipValue)
	for _, p := range c.Net.Params {
		if p.Role == ir.Trained {
			size, w = size+p.Size(), max(w, 4*p.MaxNorm)
		}
	}
	times := clamp(updatedWork/float64(golden.Updates*max(1, size))-1, 0, mostDisturbances)
	if size == 0 || times < leastDisturbances {
		return
	}
	v.add("updates", 0, []float64{w, g})
	scales := v.tensors[len(v.tensors)-1].Data
	drawn := make([][]float32, golden.Updates+1)
	for k := range drawn {
		drawn[k] = make([]float32, size)
		golden.DrawUpdate(scales, k, drawn[k])
	}
	want := c.updated(drawn, func([]float64, float64) {})
	source := &Source{Seed: c.n.Seed + 3}
	var others [][][]float64
	for range times {
		others = append(others, c.updated(drawn, func(x []float64, relative float64) {
			for i := range x {
				x[i] *= 1 + source.Sign()*relative
			}
		}))
	}
	for i := range want {
		v.expect(fmt.Sprintf("updated.%d", i), 0, want[i], Column(others, i))
	}
}

// updated returns a sample of each state of the optimizer and, last, of the parameters, after updates of numbers that
// disturb changes as float32 may: parameters by the two roundings of a difference with a product, and what goes into a
// formula by twelve, those of the longest: see update in codegen/verify.
func (c *computation) updated(drawn [][]float32, disturb func(x []float64, relative float64)) (all [][]float64) {
	s := c.Net.Spec
	w, state := widen(nil, drawn[0]), map[string][]float64{}
	names := op.OptimizerByName(s.Optimizer.Kind).Kept(s.Optimizer)
	for _, name := range names {
		state[name] = make([]float64, len(w))
	}
	for k := range golden.Updates {
		g := widen(nil, drawn[k+1])
		disturb(w, 2*u)
		disturb(g, 12*u)
		for _, name := range names {
			disturb(state[name], 12*u)
		}
		ref.UpdateParams(c.Net, w, g, state, k+1, s.Optimizer.Float("lr"))
		at := 0
		for _, p := range c.Net.Params {
			if p.Role != ir.Trained {
				continue
			}
			if p.MaxNorm > 0 && p.Pattern == nil { // a sum of squares, its root, a quotient, a product
				disturb(w[at:at+p.Size()], (float64(p.In)+16)*u)
			}
			at += p.Size()
		}
	}
	for _, name := range names {
		all = append(all, state[name])
	}
	all = append(all, w)
	for i, x := range all {
		var some []float64
		for _, j := range ref.SampleOf(len(x), golden.UpdatedSize) {
			some = append(some, x[j])
		}
		all[i] = some
	}
	return all
}
