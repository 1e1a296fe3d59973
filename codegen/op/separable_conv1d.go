package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// SeparableConv1D moves filters of its own over each channel of a sequence, then mixes the channels of each step:
// separable_conv2d with height 1.
//
//	forward   y  = (x ∗ d)·p + b: depthwise_conv1d, then a dense layer on the channels
//	backward  dt = dy·pᵀ, dp = tᵀ·dy with t = x ∗ d; dx, dd as in depthwise_conv1d; db = Σ dy
//
// Shapes: x: n×t×c, y: n×u×filters, d: kernel_size×c×m, p: (c·m)×filters, b: filters, with m the depth_multiplier.
// Backward needs x and t.
var SeparableConv1D = defineSeparable(Def{
	Kind: spec.Kind{Name: "separable_conv1d",
		Doc:   "A depthwise convolution of a sequence, then one that mixes the channels of each step.",
		Attrs: append(append(stepAttrs(filtersAttr), multiplierAttr), separableAttrs...)},
	Cases: []Case{
		{In: []ir.Shape{{7, 3}}, Attrs: "filters: 4, kernel_size: 3"},
		{In: []ir.Shape{{8, 2}},
			Attrs: "filters: 18, kernel_size: 3, depth_multiplier: 3, strides: 2, padding: same, activation: relu, use_bias: " +
				"false, max_norm: 0.4"},
		{In: []ir.Shape{{6, 2}},
			Attrs: "filters: 3, kernel_size: 2, dilation_rate: 2, padding: causal, pointwise_regularizer: {l2: 0.1}, " +
				"activation: tanh"},
	},
}, 2)
