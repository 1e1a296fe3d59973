package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Subtract takes its second input from its first.
//
//	forward   y   = x₁ − x₂
//	backward  dx₁ = dy, dx₂ = −dy
//
// Shapes: both inputs and y the same. No parameters.
var Subtract = define(Def{
	Kind:   spec.Kind{Name: "subtract", Doc: "The first of two inputs of the same shape minus the second."},
	Inputs: 2,
	Shape:  sameShapes,
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x - c.X[1].Data[i]
		}
	},
	Backward: func(c *Call) {
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i] += dy
			c.DX[1].Data[i] -= dy
		}
	},
	Lower:     func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value { return b.Sub(x[0], x[1]) },
	Exact:     exactSums,
	Bound:     func(c *Call) []float64 { return scaled(2, c.Y.Data) },
	GradBound: exactGrad,
	Cases:     []Case{{In: []ir.Shape{{5}, {5}}}, {In: []ir.Shape{{3, 11}, {3, 11}}}},
})
