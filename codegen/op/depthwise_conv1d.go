package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// DepthwiseConv1D moves filters of its own over each channel of sequences: depthwise_conv2d with height 1.
//
//	forward   y  = x ∗ w + b: y[i,c·m+k] = b[c·m+k] + Σ x[i·s + q·d − left, c]·w[q,c,k]
//	backward  dx, dw: the same products, dy in place of y; db = Σ dy
//
// Shapes: x: n×t×c, y: n×u×(c·m), w: kernel_size×c×m, b: c·m, with m the depth_multiplier. Backward needs x.
var DepthwiseConv1D = defineDepthwise(Def{
	Kind: spec.Kind{Name: "depthwise_conv1d",
		Doc: "Filters that move over sequences, for each channel its own; the fan-in of initializers is the taps of one " +
			"filter, as in PyTorch.",
		Attrs: append(append(stepAttrs(), multiplierAttr), renamed(weightAttrs, "kernel", "depthwise")...)},
	Cases: []Case{
		{In: []ir.Shape{{7, 3}}, Attrs: "kernel_size: 3"},
		{In: []ir.Shape{{8, 2}},
			Attrs: "kernel_size: 3, depth_multiplier: 3, dilation_rate: 2, padding: causal, activation: relu, max_norm: 0.4"},
		{In: []ir.Shape{{9, 9}},
			Attrs: "kernel_size: 4, strides: 2, padding: same, use_bias: false, depthwise_regularizer: {l1: 0.1}"},
	},
}, 2)
