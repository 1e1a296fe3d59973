package op

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Concatenate puts its inputs side by side along the last axis.
//
//	forward   y  = [x₁, x₂, …]
//	backward  dxᵢ = the columns of dy that xᵢ filled
//
// Shapes: the inputs agree but for the last axis. No parameters.
var Concatenate = define(Def{
	Kind:    spec.Kind{Name: "concatenate", Doc: "Two or more inputs side by side along the last axis."},
	Through: true,
	Inputs:  -1,
	Shape: func(l *Layer) (ir.Shape, error) {
		first := l.InShape(0)
		shape := slices.Clone(first)
		last := len(shape) - 1
		for i := 1; i < len(l.In); i++ {
			s := l.InShape(i)
			if len(s) != len(first) || !slices.Equal(s[:last], first[:last]) {
				return nil, &shapeError{at: "from",
					msg: fmt.Sprintf("concatenate needs inputs that agree but for the last axis, but %q gives n×%s and %q n×%s",
						l.In[0].Name, first, l.In[i].Name, s)}
			}
			shape[last] += s[last]
		}
		return shape, nil
	},
	Forward: func(c *Call) {
		c.columns(func(x, y int, k int) { c.Y.Data[y] = c.X[k].Data[x] })
	},
	Backward: func(c *Call) {
		c.columns(func(x, y int, k int) { c.DX[k].Data[x] += c.DY.Data[y] })
	},
	Lower:     func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value { return b.Concat(x) },
	Exact:     exactSums,
	Bound:     exact,
	GradBound: exactGrad,
	Cases:     []Case{{In: []ir.Shape{{5}, {3}}}, {In: []ir.Shape{{2, 3}, {2, 1}, {2, 9}}}},
})

// columns calls f with the place of each element in input k and in the output.
func (c *Call) columns(f func(x, y, k int)) {
	total := c.Y.Shape[len(c.Y.Shape)-1]
	offset := 0
	for k, t := range c.X {
		width := t.Shape[len(t.Shape)-1]
		for i := range t.Data {
			f(i, i/width*total+offset+i%width, k)
		}
		offset += width
	}
}
