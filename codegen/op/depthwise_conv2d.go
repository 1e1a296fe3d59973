package op

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// DepthwiseConv2D moves filters of its own over each channel of images.
//
//	forward   y  = x ∗ w + b: y[i,j,c·m+k] = b[c·m+k] + Σ x[i·sh + p·dh − top, j·sw + q·dw − left, c]·w[p,q,c,k]
//	backward  dx, dw: the same products, dy in place of y; db = Σ dy
//
// Shapes: x: n×h×w×c, y: n×oh×ow×(c·m), w: kernel_size×c×m, b: c·m, with m the depth_multiplier. It is
// conv2d with a group for each channel. Backward needs x.
var DepthwiseConv2D = defineDepthwise(Def{
	Kind: spec.Kind{Name: "depthwise_conv2d",
		Doc: "Filters that move over images, for each channel its own; the fan-in of initializers is the taps of one " +
			"filter, as in PyTorch.",
		Attrs: append(planeAttrs(), append([]spec.Attr{multiplierAttr}, renamed(weightAttrs, "kernel", "depthwise")...)...)},
	Cases: []Case{
		{In: []ir.Shape{{5, 6, 3}}, Attrs: "kernel_size: 3"},
		{In: []ir.Shape{{6, 5, 2}},
			Attrs: "kernel_size: [3, 2], depth_multiplier: 3, strides: 2, padding: same, activation: relu, max_norm: 0.4"},
		{In: []ir.Shape{{6, 6, 9}},
			Attrs: "kernel_size: 2, dilation_rate: [2, 3], padding: [[0, 1], [2, 0]], use_bias: false, " +
				"depthwise_regularizer: {l1: 0.1}"},
	},
}, 3)

// defineDepthwise adds a kind with filters for each channel.
func defineDepthwise(d Def, rank int) *Def {
	return defineConv(d, rank, func(l *Layer) (*convolution, error) { return channelConv(l, rank) },
		func(l *Layer, v *convolution) []*ir.Param { return withBias(l, v.y[2], depthwiseKernel(l, v, rank)) },
		ir.DepthwisePrim)
}

// depthwiseKernel returns filters of size×c×m.
func depthwiseKernel(l *Layer, v *convolution, rank int) *ir.Param {
	in, out := v.taps()
	shape := ir.Shape{v.size[0], v.size[1], v.x[2], v.m}
	return filterParam(l, "depthwise_kernel", "depthwise", shape[3-rank:], in, v.y[2], in, out)
}

// renamed returns attributes in which one word of the names that begin with it is another.
func renamed(attrs []spec.Attr, from, to string) []spec.Attr {
	attrs = slices.Clone(attrs)
	for i, a := range attrs {
		if len(a.Name) > len(from) && a.Name[:len(from)] == from {
			attrs[i].Name = to + a.Name[len(from):]
		}
	}
	return attrs
}
