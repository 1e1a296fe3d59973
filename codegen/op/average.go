package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Average is the mean of its inputs.
//
//	forward   y  = (x₁ + … + xₖ)/k
//	backward  dxᵢ = dy/k
//
// Shapes: all inputs and y the same. No parameters.
var Average = define(Def{
	Kind:   spec.Kind{Name: "average", Doc: "The mean of two or more inputs of the same shape."},
	Inputs: -1,
	Shape:  sameShapes,
	Forward: func(c *Call) {
		for i := range c.Y.Data {
			c.Y.Data[i] = 0
			for _, x := range c.X {
				c.Y.Data[i] += x.Data[i] / float64(len(c.X))
			}
		}
	},
	Backward: func(c *Call) {
		for _, dx := range c.DX {
			for i, dy := range c.DY.Data {
				dx.Data[i] += dy / float64(len(c.X))
			}
		}
	},
	Lower: func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value {
		y := x[0]
		for _, v := range x[1:] {
			y = b.Add(y, v)
		}
		return b.Scale(y, 1/float64(len(x)))
	},
	Exact: func(c *Call) bool { return isPower(len(c.X)) && exactSums(c) },
	Bound: func(c *Call) []float64 {
		b := make([]float64, len(c.Y.Data))
		for _, x := range c.X {
			for i, v := range x.Data {
				b[i] += gamma(len(c.X)+2)*abs(v)/float64(len(c.X)) + tiny
			}
		}
		return b
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		for range c.X {
			b := make([]float64, len(c.DY.Data))
			for i, dy := range c.DY.Data {
				b[i] = gamma(2)*abs(dy)/float64(len(c.X)) + tiny
			}
			dx = append(dx, b)
		}
		return dx, nil
	},
	Cases: []Case{{In: []ir.Shape{{5}, {5}}}, {In: []ir.Shape{{2, 3}, {2, 3}, {2, 3}}}},
})
