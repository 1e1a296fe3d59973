package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Multiply multiplies its inputs element by element: the gate of a network.
//
//	forward   y  = x₁∘x₂∘…
//	backward  dxᵢ = dy∘(the product of the others)
//
// Shapes: all inputs and y the same. No parameters. Backward needs all inputs.
var Multiply = define(Def{
	Kind:   spec.Kind{Name: "multiply", Doc: "The product, element by element, of two or more inputs of the same shape."},
	Inputs: -1,
	Shape:  sameShapes,
	Forward: func(c *Call) {
		for i := range c.Y.Data {
			c.Y.Data[i] = 1
			for _, x := range c.X {
				c.Y.Data[i] *= x.Data[i]
			}
		}
	},
	Backward: func(c *Call) {
		for k, dx := range c.DX {
			for i, dy := range c.DY.Data {
				dx.Data[i] += dy * c.others(k, i)
			}
		}
	},
	Lower: func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value {
		y := x[0]
		for _, v := range x[1:] {
			y = b.Mul(y, v)
		}
		return y
	},
	Exact: exactSums,
	Bound: func(c *Call) []float64 { return scaled(2*float64(len(c.X)), c.Y.Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		for k := range c.X {
			b := make([]float64, len(c.DY.Data))
			for i, dy := range c.DY.Data {
				b[i] = 2*float64(len(c.X))*u*abs(dy*c.others(k, i)) + tiny
			}
			dx = append(dx, b)
		}
		return dx, nil
	},
	Cases: []Case{{In: []ir.Shape{{5}, {5}}}, {In: []ir.Shape{{2, 3}, {2, 3}, {2, 3}}}},
})

// others returns the product of element i of all inputs but k.
func (c *Call) others(k, i int) float64 {
	p := 1.0
	for j, x := range c.X {
		if j != k {
			p *= x.Data[i]
		}
	}
	return p
}
