package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// DepthToSpace makes b·b pixels of the channels of each.
//
//	forward   y[i·b + p, j·b + q, k] = x[i, j, (p·b + q)·d + k]
//	backward  dx[i, j, (p·b + q)·d + k] = dy[i·b + p, j·b + q, k]
//
// Shapes: x: n×h×w×(b·b·d), y: n×(h·b)×(w·b)×d, with b the block_size. No parameters.
//
// Source: the operator DepthToSpace of ONNX, mode DCR, and TensorFlow's depth_to_space.
var DepthToSpace = define(Def{
	Kind: spec.Kind{Name: "depth_to_space", Doc: "An image with block_size² pixels made of the channels of each.",
		Short: "block_size", Attrs: []spec.Attr{blockAttr}},
	Through: true,
	Shape: func(l *Layer) (ir.Shape, error) {
		in, b := l.InShape(0), l.Node.Int("block_size")
		if len(in) != 3 {
			return nil, &shapeError{msg: fmt.Sprintf("depth_to_space needs n×h×w×c input, but %q gives n×%s", l.In[0].Name, in),
				hint: "channels come last; put a reshape layer before it"}
		}
		if b > in[2] || in[2]%(b*b) != 0 {
			return nil, &shapeError{at: "block_size",
				msg: fmt.Sprintf("blocks of %d×%d pixels do not divide the %d channels of %q, n×%s", b, b, in[2], l.In[0].Name, in)}
		}
		return ir.Shape{in[0] * b, in[1] * b, in[2] / (b * b)}, nil
	},
	Forward: func(c *Call) {
		c.blocks(c.X[0].Shape, func(space, depth int) { c.Y.Data[space] = c.X[0].Data[depth] })
	},
	Backward: func(c *Call) {
		c.blocks(c.X[0].Shape, func(space, depth int) { c.DX[0].Data[depth] += c.DY.Data[space] })
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		in, size := l.InShape(0), l.Node.Int("block_size")
		apart := b.Reshape(x[0], ir.Shape{in[0], in[1], size, size, in[2] / (size * size)})
		return b.Reshape(b.Transpose(apart, []int{0, 2, 1, 3, 4}), l.Shape)
	},
	Exact:     exactSums,
	Bound:     exact,
	GradBound: exactGrad,
	Cases: []Case{{In: []ir.Shape{{2, 3, 8}}, Attrs: "block_size: 2"},
		{In: []ir.Shape{{1, 2, 9}}, Attrs: "block_size: 3"}},
})

var blockAttr = spec.Attr{Name: "block_size", Type: spec.Int, Required: true, Min: spec.Bound(1),
	Max: spec.Bound(1 << 10), Doc: "Height and width of a block of pixels."}

// blocks calls f with the places of each number in an image of n examples, and in one of as many channels more as it
// has fewer pixels, whose shape is deep.
func (c *Call) blocks(deep ir.Shape, f func(space, depth int)) {
	b := c.Layer.Node.Int("block_size")
	n, h, w, ch := deep[0], deep[1], deep[2], deep[3]
	d := ch / (b * b)
	for depth := range n * h * w * ch {
		k, block, j, i := depth%d, depth/d%(b*b), depth/ch%w, depth/ch/w // i runs over the rows of all examples
		f(((i*b+block/b)*w*b+j*b+block%b)*d+k, depth)
	}
}
