package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// MaxPool2D takes the largest element of each window, channel by channel.
//
//	forward   y  = max x over the window
//	backward  dx = dy at the first element of the window, by rows, that is the largest
//
// Shapes: x: n×h×w×c, y: n×oh×ow×c, with oh = (h − size)/stride + 1 rounded down for padding valid, h/stride
// rounded up for same. No parameters. Backward needs x and y.
var MaxPool2D = definePool(Def{
	Kind: spec.Kind{Name: "max_pool2d", Doc: "The largest element of each window of an image.",
		Short: "pool_size", Attrs: poolAttrs(3)},
	Through: true,
	Cases: []Case{
		{In: []ir.Shape{{4, 6, 3}}},
		{In: []ir.Shape{{5, 5, 9}}, Attrs: "pool_size: 2, padding: same"},
		{In: []ir.Shape{{7, 6, 2}}, Attrs: "pool_size: [3, 2], strides: [2, 1]"},
		{In: []ir.Shape{{5, 7, 1}}, Attrs: "pool_size: 3, strides: 1, padding: same"},
		{In: []ir.Shape{{5, 7, 2}}, Attrs: "pool_size: 3, strides: 2, padding: [[1, 1], [0, 2]]"},
	},
}, 3, false, maximum, windows)

// MaxPool1D takes the largest element of each window of steps, channel by channel: max_pool2d with height 1.
//
// Shapes: x: n×t×c, y: n×u×c.
var MaxPool1D = definePool(Def{
	Kind: spec.Kind{Name: "max_pool1d", Doc: "The largest element of each window of steps.",
		Short: "pool_size", Attrs: poolAttrs(2)},
	Through: true,
	Cases: []Case{
		{In: []ir.Shape{{6, 3}}},
		{In: []ir.Shape{{7, 2}}, Attrs: "pool_size: 3, strides: 2, padding: same"},
		{In: []ir.Shape{{6, 2}}, Attrs: "pool_size: 3, strides: 2, padding: [1, 2]"},
	},
}, 2, false, maximum, windows)

// GlobalMaxPool2D takes the largest element of each channel.
//
// Shapes: x: n×h×w×c, y: n×c. Backward as that of max_pool2d.
var GlobalMaxPool2D = definePool(Def{
	Kind:    spec.Kind{Name: "global_max_pool2d", Doc: "The largest element of each channel of an image."},
	Through: true,
	Cases:   []Case{{In: []ir.Shape{{3, 4, 5}}}, {In: []ir.Shape{{1, 1, 2}}}},
}, 3, true, maximum, whole)

// GlobalMaxPool1D takes the largest element of each channel.
//
// With a mask behind it, it does so over the steps where that is above ½; the result is 0 where there is none.
//
// Shapes: x: n×t×c, mask: n×t, y: n×c. Backward as that of max_pool2d.
var GlobalMaxPool1D = defineMaskable(Def{
	Kind: spec.Kind{Name: "global_max_pool1d",
		Doc: "The largest element of each channel of a sequence, or over the steps that a mask behind it keeps."},
	Through: true,
	Cases:   []Case{{In: []ir.Shape{{5, 3}}}, {In: []ir.Shape{{6, 3}, {6}}}, {In: []ir.Shape{{2, 17}, {2}}}},
}, maximum)
