package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// SpaceToDepth makes the channels of one pixel of b·b: the inverse of depth_to_space.
//
//	forward   y[i, j, (p·b + q)·c + k] = x[i·b + p, j·b + q, k]
//	backward  dx[i·b + p, j·b + q, k] = dy[i, j, (p·b + q)·c + k]
//
// Shapes: x: n×h×w×c, y: n×(h/b)×(w/b)×(b·b·c), with b the block_size. No parameters.
//
// Source: the operator SpaceToDepth of ONNX, and TensorFlow's space_to_depth.
var SpaceToDepth = define(Def{
	Kind: spec.Kind{Name: "space_to_depth", Doc: "An image with the channels of block_size² pixels in one.",
		Short: "block_size", Attrs: []spec.Attr{blockAttr}},
	Through: true,
	Shape: func(l *Layer) (ir.Shape, error) {
		in, b := l.InShape(0), l.Node.Int("block_size")
		if len(in) != 3 {
			return nil, &shapeError{msg: fmt.Sprintf("space_to_depth needs n×h×w×c input, but %q gives n×%s", l.In[0].Name, in),
				hint: "channels come last; put a reshape layer before it"}
		}
		if in[0]%b != 0 || in[1]%b != 0 {
			return nil, &shapeError{at: "block_size",
				msg:  fmt.Sprintf("blocks of %d×%d pixels do not divide the image n×%s of %q", b, b, in, l.In[0].Name),
				hint: "zero_padding2d adds rows and columns"}
		}
		return ir.Shape{in[0] / b, in[1] / b, in[2] * b * b}, nil
	},
	Forward: func(c *Call) {
		c.blocks(c.Y.Shape, func(space, depth int) { c.Y.Data[depth] = c.X[0].Data[space] })
	},
	Backward: func(c *Call) {
		c.blocks(c.DY.Shape, func(space, depth int) { c.DX[0].Data[space] += c.DY.Data[depth] })
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		in, size := l.InShape(0), l.Node.Int("block_size")
		apart := b.Reshape(x[0], ir.Shape{in[0] / size, size, in[1] / size, size, in[2]})
		return b.Reshape(b.Transpose(apart, []int{0, 2, 1, 3, 4}), l.Shape)
	},
	Exact:     exactSums,
	Bound:     exact,
	GradBound: exactGrad,
	Cases: []Case{{In: []ir.Shape{{4, 6, 3}}, Attrs: "block_size: 2"},
		{In: []ir.Shape{{3, 3, 1}}, Attrs: "block_size: 3"}},
})
