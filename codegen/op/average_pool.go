package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// AveragePool2D takes the mean of each window, channel by channel.
//
//	forward   y  = Σ x over the window / the number of its elements
//	backward  dx = Σ dy / the number of elements, over the windows that x is in
//
// Shapes: x: n×h×w×c, y: n×oh×ow×c, as in max_pool2d. With padding same, what lies outside of x does not
// count. No parameters. Backward needs nothing.
var AveragePool2D = definePool(Def{
	Kind: spec.Kind{Name: "average_pool2d", Doc: "The mean of each window of an image.",
		Short: "pool_size", Attrs: poolAttrs(3)},
	Cases: []Case{
		{In: []ir.Shape{{4, 6, 3}}},
		{In: []ir.Shape{{5, 5, 9}}, Attrs: "pool_size: 2, padding: same"},
		{In: []ir.Shape{{7, 6, 2}}, Attrs: "pool_size: [3, 2], strides: [2, 1]"},
		{In: []ir.Shape{{5, 7, 1}}, Attrs: "pool_size: 3, strides: 1, padding: same"},
		{In: []ir.Shape{{5, 7, 2}}, Attrs: "pool_size: 3, strides: 2, padding: [[1, 1], [0, 2]]"},
	},
}, 3, false, average, windows)

// AveragePool1D takes the mean of each window of steps: average_pool2d with height 1.
//
// Shapes: x: n×t×c, y: n×u×c.
var AveragePool1D = definePool(Def{
	Kind: spec.Kind{Name: "average_pool1d", Doc: "The mean of each window of steps.",
		Short: "pool_size", Attrs: poolAttrs(2)},
	Cases: []Case{
		{In: []ir.Shape{{6, 3}}},
		{In: []ir.Shape{{7, 2}}, Attrs: "pool_size: 3, strides: 2, padding: same"},
		{In: []ir.Shape{{6, 2}}, Attrs: "pool_size: 3, strides: 2, padding: [1, 2]"},
	},
}, 2, false, average, windows)

// GlobalAveragePool2D takes the mean of each channel.
//
// Shapes: x: n×h×w×c, y: n×c. Backward as that of average_pool2d.
var GlobalAveragePool2D = definePool(Def{
	Kind:  spec.Kind{Name: "global_average_pool2d", Doc: "The mean of each channel of an image."},
	Cases: []Case{{In: []ir.Shape{{3, 4, 5}}}, {In: []ir.Shape{{1, 1, 2}}}},
}, 3, true, average, whole)

// GlobalAveragePool1D takes the mean of each channel.
//
// With a mask behind it, it does so over the steps where that is above ½; the result is 0 where there is none.
//
// Shapes: x: n×t×c, mask: n×t, y: n×c. Backward as that of average_pool2d.
var GlobalAveragePool1D = defineMaskable(Def{
	Kind: spec.Kind{Name: "global_average_pool1d",
		Doc: "The mean of each channel of a sequence, or over the steps that a mask behind it keeps."},
	Cases: []Case{{In: []ir.Shape{{5, 3}}}, {In: []ir.Shape{{6, 3}, {6}}}, {In: []ir.Shape{{2, 17}, {2}}}},
}, average)
