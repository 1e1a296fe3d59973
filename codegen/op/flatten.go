package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Flatten makes one axis of all axes of an example.
//
//	forward   y  = x
//	backward  dx = dy
//
// Shapes: x: n×any, y: n×size. No parameters, no work: y is x under another shape.
var Flatten = define(Def{
	PerStep:   true,
	Through:   true,
	Kind:      spec.Kind{Name: "flatten", Doc: "All axes of an example in one."},
	Shape:     func(l *Layer) (ir.Shape, error) { return ir.Shape{l.InShape(0).Size()}, nil },
	Forward:   copyForward,
	Backward:  copyBackward,
	Lower:     func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value { return b.Reshape(x[0], l.Shape) },
	Exact:     exactSums,
	Bound:     exact,
	GradBound: exactGrad,
	Cases:     []Case{{In: []ir.Shape{{3}}}, {In: []ir.Shape{{2, 3, 4}}}},
})

// copyForward and copyBackward are the reference of layers that only rename axes.
func copyForward(c *Call) { copy(c.Y.Data, c.X[0].Data) }

func copyBackward(c *Call) {
	for i, dy := range c.DY.Data {
		c.DX[0].Data[i] += dy
	}
}
