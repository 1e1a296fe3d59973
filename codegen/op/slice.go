package op

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Slice takes some neighbouring features of its input.
//
//	forward   y  = x[…, start : start + size]
//	backward  dx = dy there, 0 elsewhere
//
// Shapes: x: n×…×c, y: n×…×size. No parameters.
var Slice = define(Def{
	Kind: spec.Kind{Name: "slice", Doc: "Neighbouring features of the last axis: x[…, start : start + size].",
		Attrs: []spec.Attr{
			{Name: "start", Type: spec.Int, Default: 0, Min: spec.Bound(0), Doc: "The first feature, counted from 0."},
			{Name: "size", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "How many features."},
		}},
	Through: true,
	PerStep: true,
	Shape: func(l *Layer) (ir.Shape, error) {
		in, start, size := l.InShape(0), l.Node.Int("start"), l.Node.Int("size")
		if c := lastOf(in); start+size > c {
			return nil, &shapeError{at: "size", msg: fmt.Sprintf("features %d to %d of n×%s, which %q gives: there are %d",
				start, start+size-1, in, l.In[0].Name, c)}
		}
		return append(slices.Clone(in[:len(in)-1]), size), nil
	},
	Forward: func(c *Call) {
		c.sliced(func(x, y int) { c.Y.Data[y] = c.X[0].Data[x] })
	},
	Backward: func(c *Call) {
		c.sliced(func(x, y int) { c.DX[0].Data[x] += c.DY.Data[y] })
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		return b.Slice(x[0], l.Node.Int("start"), l.Node.Int("size"))
	},
	Exact:     exactSums,
	Bound:     exact,
	GradBound: exactGrad,
	Cases: []Case{{In: []ir.Shape{{7}}, Attrs: "start: 2, size: 3"}, {In: []ir.Shape{{3, 18}}, Attrs: "size: 17"},
		{In: []ir.Shape{{2, 2, 3}}, Attrs: "start: 2, size: 1"}},
})

// sliced calls f with the places of each element in the input and in the output.
func (c *Call) sliced(f func(x, y int)) {
	width, size, start := lastOf(c.X[0].Shape), c.Layer.Node.Int("size"), c.Layer.Node.Int("start")
	for y := range c.N * c.Layer.Shape.Size() {
		f(y/size*width+start+y%size, y)
	}
}
