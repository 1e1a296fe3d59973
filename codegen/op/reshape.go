package op

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Reshape gives an example other axes with as many elements.
//
//	forward   y  = x
//	backward  dx = dy
//
// Shapes: x: n×any, y: n×target_shape; one extent may be −1 and follows from the others. No
// parameters, no work: y is x under another shape.
var Reshape = define(Def{
	Through: true,
	Kind: spec.Kind{Name: "reshape", Doc: "Another shape of the example with as many elements.",
		Short: "target_shape", Attrs: []spec.Attr{
			{Name: "target_shape", Type: spec.Ints, Required: true, Min: spec.Bound(-1),
				Doc: "Extents of the example; one may be -1 and follows from the others."},
		}},
	Shape: func(l *Layer) (ir.Shape, error) {
		size, known, open := l.InShape(0).Size(), 1, -1
		shape := ir.Shape{}
		for i, d := range l.Node.Ints("target_shape") {
			switch {
			case d == -1 && open < 0:
				open = i
			case d <= 0:
				return nil, &shapeError{at: "target_shape", msg: fmt.Sprintf("target_shape %v has the extent %d",
					l.Node.Ints("target_shape"), d), hint: "extents are positive; one of them may be -1"}
			default:
				if known > size {
					break
				}
				known *= d
			}
			shape = append(shape, d)
		}
		if open >= 0 && size%known == 0 {
			shape[open] = size / known
			known = size
		}
		if known != size {
			return nil, &shapeError{at: "target_shape",
				msg: fmt.Sprintf("%q gives n×%s, %d elements, which do not fill the target_shape %v", l.In[0].Name, l.InShape(0),
					size, l.Node.Ints("target_shape"))}
		}
		return shape, nil
	},
	Declared: func(l *Layer) ir.Shape {
		shape := ir.Shape(l.Node.Ints("target_shape"))
		if slices.ContainsFunc(shape, func(d int) bool { return d <= 0 }) {
			return nil
		}
		return shape
	},
	Forward:   copyForward,
	Backward:  copyBackward,
	Lower:     func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value { return b.Reshape(x[0], l.Shape) },
	Exact:     exactSums,
	Bound:     exact,
	GradBound: exactGrad,
	Cases: []Case{{In: []ir.Shape{{12}}, Attrs: "target_shape: [3, 4]"},
		{In: []ir.Shape{{2, 6}}, Attrs: "target_shape: [3, -1, 2]"}},
})
