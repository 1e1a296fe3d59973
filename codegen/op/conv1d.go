package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Conv1D moves filters over sequences.
//
//	forward   y  = x ∗ w + b: y[i,o] = b[o] + Σ x[i·s + q·d − left, c]·w[q,c,o]
//	backward  dx, dw: the same products, dy in place of y; db = Σ dy
//
// Shapes: x: n×t×c, y: n×u×filters, w: kernel_size×(c/groups)×filters, b: filters. What lies outside of x
// is 0. With padding causal, all of it comes before the first step, so that y[i] reads no step after
// i·s. The rest is as in conv2d. Backward needs x.
var Conv1D = defineConv(Def{
	Kind: spec.Kind{Name: "conv1d", Doc: "Filters that move over sequences.",
		Attrs: append(append(stepAttrs(filtersAttr), groupsAttr), weightAttrs...)},
	Cases: []Case{
		{In: []ir.Shape{{7, 2}}, Attrs: "filters: 3, kernel_size: 3"},
		{In: []ir.Shape{{9, 1}}, Attrs: "filters: 4, kernel_size: 3, dilation_rate: 2, padding: causal, activation: relu"},
		{In: []ir.Shape{{8, 4}}, Attrs: "filters: 6, kernel_size: 4, strides: 3, padding: same, groups: 2, use_bias: false"},
		{In: []ir.Shape{{5, 3}}, Attrs: "filters: 18, kernel_size: 2, padding: [0, 3], max_norm: 0.4"},
		{In: []ir.Shape{{6, 2}}, Attrs: "filters: 2, kernel_size: 3, strides: 2, padding: causal"},
	},
}, 2, func(l *Layer) (*convolution, error) { return plainConv(l, 2) },
	func(l *Layer, v *convolution) []*ir.Param { return plainParams(l, v, 2) }, ir.ConvPrim)
