package ref

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Update applies step k, counted from 1, of an optimizer with learning rate lr to parameters w with gradient g; clip
// multiplies g first. State holds the arrays that op.Optimizer names.
func Update(n spec.Node, w, g []float64, state map[string][]float64, k int, lr, clip float64) {
	o := op.OptimizerByName(n.Kind)
	var states [][]float64
	for _, name := range o.Kept(n) {
		states = append(states, state[name])
	}
	update := o.Update(n, k, lr)
	p := op.Point{State: make([]float64, len(states))}
	for i := range w {
		p.W, p.G = w[i], g[i]*clip
		for j, x := range states {
			p.State[j] = x[i]
		}
		update(&p)
		w[i] = p.W
		for j, x := range states {
			x[i] = p.State[j]
		}
	}
}

// UpdateParams applies step k, counted from 1, to the trained parameters of a network, which w holds one after another,
// as g their gradients: each with the learning rate lr times the factor of its layer, after the clipping of values, in
// g, and of the norm of all, and before norms are kept within their limits.
func UpdateParams(network *net.Net, w, g []float64, state map[string][]float64, k int, lr float64) {
	s := network.Spec
	if limit := float64(float32(s.Training.ClipValue)); limit > 0 {
		for i, v := range g {
			g[i] = math.Max(-limit, math.Min(limit, v))
		}
	}
	clip := clipFactor(g, s.Training.ClipNorm)
	at := 0
	for _, p := range network.Params {
		if p.Role != ir.Trained {
			continue
		}
		end := at + p.Size()
		part := map[string][]float64{}
		for name, x := range state {
			part[name] = x[at:end]
		}
		Update(s.Optimizer, w[at:end], g[at:end], part, k, lr*p.Rate(), clip)
		if p.MaxNorm > 0 && p.Pattern == nil {
			limitNorms(p.In, p.Out, w[at:end], p.MaxNorm)
		}
		at = end
	}
}

// clipFactor returns the factor that keeps the global norm of a gradient below limit, as PyTorch's
// clip_grad_norm_ has it; 1 if there is no limit.
func clipFactor(g []float64, limit float64) float64 {
	if limit == 0 {
		return 1
	}
	sum := 0.0
	for _, v := range g {
		sum += v * v
	}
	return math.Min(1, limit/(math.Sqrt(sum)+1e-6))
}

// limitNorms scales down each column of a matrix whose Euclidean norm is above limit.
func limitNorms(rows, cols int, w []float64, limit float64) {
	for j := range cols {
		sum := 0.0
		for i := range rows {
			sum += w[i*cols+j] * w[i*cols+j]
		}
		if norm := math.Sqrt(sum); norm > limit {
			for i := range rows {
				w[i*cols+j] *= limit / norm
			}
		}
	}
}

// trained returns the parameters that the optimizer changes, in order.
func (n *Network) trained() []*ir.Param {
	var out []*ir.Param
	for _, p := range n.Net.Params {
		if p.Role == ir.Trained {
			out = append(out, p)
		}
	}
	return out
}
