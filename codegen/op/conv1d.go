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
	Kind: spec.Kind{Name: "conv1d", Doc: "Filters that move over sequences.", Attrs: append([]spec.Attr{
		filtersAttr,
		{Name: "kernel_size", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Steps that a filter reads."},
		{Name: "strides", Type: spec.Int, Default: 1, Min: spec.Bound(1), Doc: "Steps from one place of the filter to the next."},
		{Name: "padding", Type: spec.Ints, Len: 2, Enum: []string{"same", "valid", "causal"}, Default: "valid", Min: spec.Bound(0),
			Doc: "Zeros around the sequence: valid for none, same for as many as keep the length (that of the input over the strides, rounded up), causal for all before it, or [before, after]."},
		{Name: "dilation_rate", Type: spec.Int, Default: 1, Min: spec.Bound(1), Doc: "Steps from one tap of the filter to the next."},
		groupsAttr,
	}, weightAttrs...)},
	Cases: []Case{
		{In: []ir.Shape{{7, 2}}, Attrs: "filters: 3, kernel_size: 3"},
		{In: []ir.Shape{{9, 1}}, Attrs: "filters: 4, kernel_size: 3, dilation_rate: 2, padding: causal, activation: relu"},
		{In: []ir.Shape{{8, 4}}, Attrs: "filters: 6, kernel_size: 4, strides: 3, padding: same, groups: 2, use_bias: false"},
		{In: []ir.Shape{{5, 3}}, Attrs: "filters: 18, kernel_size: 2, padding: [0, 3], max_norm: 0.4"},
		{In: []ir.Shape{{6, 2}}, Attrs: "filters: 2, kernel_size: 3, strides: 2, padding: causal"},
	},
}, 2, func(l *Layer) (*convolution, error) { return plainConv(l, 2) },
	func(l *Layer, v *convolution) []*ir.Param { return plainParams(l, v, 2) }, ir.ConvPrim)
