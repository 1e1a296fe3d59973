package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// RepeatVector makes a sequence whose steps are all the same.
//
//	forward   y[t] = x
//	backward  dx = Σ dy[t] over the steps
//
// Shapes: x: n×f, y: n×steps×f. No parameters.
//
// Source: Keras' RepeatVector.
var RepeatVector = define(Def{
	Kind: spec.Kind{Name: "repeat_vector", Doc: "A sequence each of whose steps is the input.",
		Short: "n", Attrs: []spec.Attr{
			{Name: "n", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Number of steps."},
		}},
	Through: true,
	Shape: func(l *Layer) (ir.Shape, error) {
		in, steps := l.InShape(0), l.Node.Int("n")
		if len(in) != 1 {
			return nil, &shapeError{msg: fmt.Sprintf("repeat_vector needs n×f input, but %q gives n×%s", l.In[0].Name, in),
				hint: "put a flatten layer before it"}
		}
		return ir.Shape{steps, in[0]}, nil
	},
	Forward: func(c *Call) {
		steps, f := c.Y.Shape[1], c.Y.Shape[2]
		for i := range c.Y.Data {
			c.Y.Data[i] = c.X[0].Data[i/(steps*f)*f+i%f]
		}
	},
	Backward: func(c *Call) {
		steps, f := c.DY.Shape[1], c.DY.Shape[2]
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i/(steps*f)*f+i%f] += dy
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		return b.Enlarge("nearest", b.Reshape(x[0], ir.Shape{1, l.Shape[1]}), 2, [2]int{1, l.Shape[0]})
	},
	Exact: exactSums,
	Bound: exact,
	GradBound: func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		c.Layer.Def.Backward(a)
		return [][]float64{times(gamma(c.DY.Shape[1]), a.DX[0].Data)}, nil
	},
	Cases: []Case{{In: []ir.Shape{{3}}, Attrs: "n: 4"}, {In: []ir.Shape{{17}}, Attrs: "n: 1"}},
})
