package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Conv2D moves filters over images.
//
//	forward   y  = x ∗ w + b: y[i,j,o] = b[o] + Σ x[i·sh + p·dh − top, j·sw + q·dw − left, c]·w[p,q,c,o]
//	backward  dx, dw: the same products, dy in place of y; db = Σ dy
//
// Shapes: x: n×h×w×c, y: n×oh×ow×filters, w: kernel_size×(c/groups)×filters, b: filters. With groups, the
// filters of a group read the channels of theirs. What lies outside of x is 0. With padding same, oh
// is h/sh rounded up, and if the rows of zeros are odd, there is one more below than above; columns
// likewise. Backward needs x.
var Conv2D = defineConv(Def{
	Kind: spec.Kind{Name: "conv2d", Doc: "Filters that move over images.",
		Attrs: append(planeAttrs(filtersAttr), append([]spec.Attr{groupsAttr}, weightAttrs...)...)},
	Cases: []Case{
		{In: []ir.Shape{{5, 6, 2}}, Attrs: "filters: 3, kernel_size: 3"},
		{In: []ir.Shape{{4, 4, 1}}, Attrs: "filters: 1, kernel_size: 1, use_bias: false"},
		{In: []ir.Shape{{5, 4, 3}},
			Attrs: "filters: 17, kernel_size: [3, 2], padding: same, activation: relu, max_norm: 0.5"},
		{In: []ir.Shape{{7, 6, 2}}, Attrs: "filters: 4, kernel_size: 3, strides: 2, padding: same, activation: tanh"},
		{In: []ir.Shape{{7, 5, 4}},
			Attrs: "filters: 6, kernel_size: [2, 3], strides: [2, 1], padding: [[1, 0], [2, 1]], groups: 2, activation: " +
				"{leaky_relu: 0.2}"},
		{In: []ir.Shape{{7, 7, 1}},
			Attrs: "filters: 2, kernel_size: 3, dilation_rate: [2, 3], kernel_regularizer: {l2: 0.1}"},
		{In: []ir.Shape{{6, 7, 3}},
			Attrs: "filters: 6, kernel_size: 3, strides: 2, dilation_rate: 2, padding: same, groups: 3"},
	},
}, 3, func(l *Layer) (*convolution, error) { return plainConv(l, 3) },
	func(l *Layer, v *convolution) []*ir.Param { return plainParams(l, v, 3) }, ir.ConvPrim)
