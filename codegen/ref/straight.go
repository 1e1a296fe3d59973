package ref

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// straight is what a pass keeps of roundings whose gradients go straight through, so that finite differences have
// something to compare: around the pass a rounding stands for the line of its slope, y₀ + slope·(x − x₀), whose
// derivative is the gradient, where that of steps is 0.
type straight struct {
	slopes  map[*op.Layer][]float64
	weights map[*ir.Param][2][]float64 // as they are, and rounded
}

// keepStraight fills in what later passes that are given this one go by.
func (n *Network) keepStraight(p *Pass) {
	p.straight = &straight{map[*op.Layer][]float64{}, map[*ir.Param][2][]float64{}}
	for l, c := range p.calls {
		if l.Def == op.FakeQuant {
			one := *c
			one.DY = op.Tensor{Shape: c.Y.Shape, Data: slices.Repeat([]float64{1}, len(c.Y.Data))}
			one.DX = []op.Tensor{n.zeros(c.X[0].Shape)}
			l.Def.Backward(&one)
			p.straight.slopes[l] = one.DX[0].Data
		}
		for i, q := range l.Params {
			if q.FakeQuant > 0 {
				p.straight.weights[q] = [2][]float64{slices.Clone(n.Params[q]), c.P[i].Data}
			}
		}
	}
}

// layer computes a rounding by its line; false for other layers, and without a pass to go by.
func (s *straight) layer(l *op.Layer, c, base *op.Call) bool {
	if s == nil || s.slopes[l] == nil {
		return false
	}
	for i, x := range c.X[0].Data {
		c.Y.Data[i] = base.Y.Data[i] + s.slopes[l][i]*(x-base.X[0].Data[i])
	}
	return true
}

// rounded returns weights by the line of their rounding; nil for others, and without a pass to go by.
func (s *straight) rounded(p *ir.Param, w []float64) []float64 {
	if s == nil || s.weights[p][0] == nil {
		return nil
	}
	at := s.weights[p]
	y := slices.Clone(at[1])
	for i, v := range w {
		y[i] += v - at[0][i]
	}
	return y
}
