package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Maximum takes the largest of its inputs, element by element: maxout, where they are dense layers.
//
//	forward   y   = max(x₁, x₂, …)
//	backward  dxᵢ = dy for the first of the inputs that are y, 0 for the others
//
// Shapes: all inputs and y the same. No parameters. Backward needs all inputs.
//
// Source: Goodfellow et al., Maxout networks, 2013.
var Maximum = defineExtreme(spec.Kind{Name: "maximum",
	Doc: "The largest, element by element, of two or more inputs of the same shape."},
	func(x, best float64) bool { return x > best }, (*ir.Builder).Maximum)

// defineExtreme adds a kind that keeps one of its inputs for each element: the first for which no other is better.
func defineExtreme(k spec.Kind, better func(x, best float64) bool,
	lower func(b *ir.Builder, x, y *ir.Value) *ir.Value) *Def {
	winner := func(c *Call, i int) int {
		best := 0
		for k, x := range c.X {
			if better(x.Data[i], c.X[best].Data[i]) {
				best = k
			}
		}
		return best
	}
	return define(Def{
		Kind: k, Inputs: -1, Shape: sameShapes,
		Forward: func(c *Call) {
			for i := range c.Y.Data {
				c.Y.Data[i] = c.X[winner(c, i)].Data[i]
			}
		},
		Backward: func(c *Call) {
			for i, dy := range c.DY.Data {
				c.DX[winner(c, i)].Data[i] += dy
			}
		},
		Lower: func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value {
			y := x[0]
			for _, v := range x[1:] {
				y = lower(b, y, v)
			}
			return y
		},
		Exact:     exactSums,
		Bound:     exact,
		GradBound: exactGrad,
		Cases:     []Case{{In: []ir.Shape{{5}, {5}}}, {In: []ir.Shape{{2, 9}, {2, 9}, {2, 9}}}},
	})
}
