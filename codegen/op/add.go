package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Add sums its inputs: the merge of a connection that skips layers.
//
//	forward   y  = x₁ + x₂ + …
//	backward  dxᵢ = dy
//
// Shapes: all inputs and y the same. No parameters.
var Add = define(Def{
	Kind:   spec.Kind{Name: "add", Doc: "The sum of two or more inputs of the same shape."},
	Inputs: -1,
	Shape:  sameShapes,
	Forward: func(c *Call) {
		for i := range c.Y.Data {
			c.Y.Data[i] = 0
			for _, x := range c.X {
				c.Y.Data[i] += x.Data[i]
			}
		}
	},
	Backward: func(c *Call) {
		for _, dx := range c.DX {
			for i, dy := range c.DY.Data {
				dx.Data[i] += dy
			}
		}
	},
	Lower: func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value {
		y := x[0]
		for _, v := range x[1:] {
			y = b.Add(y, v)
		}
		return y
	},
	Exact: exactSums,
	Bound: func(c *Call) []float64 {
		b := make([]float64, len(c.Y.Data))
		for _, x := range c.X {
			for i, v := range x.Data {
				b[i] += gamma(len(c.X)) * abs(v)
			}
		}
		return b
	},
	GradBound: exactGrad,
	Cases:     []Case{{In: []ir.Shape{{5}, {5}}}, {In: []ir.Shape{{2, 3}, {2, 3}, {2, 3}}}},
})

// sameShapes is the shape rule of layers whose inputs must agree.
func sameShapes(l *Layer) (ir.Shape, error) {
	for i := range l.In {
		if !l.InShape(i).Equal(l.InShape(0)) {
			return nil, &shapeError{at: "from", msg: fmt.Sprintf("%s needs inputs of one shape, but %q gives n×%s and %q n×%s",
				l.Def.Kind.Name, l.In[0].Name, l.InShape(0), l.In[i].Name, l.InShape(i))}
		}
	}
	return l.InShape(0), nil
}
