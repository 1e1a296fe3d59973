package op

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Conv2DTranspose spreads each pixel over a larger image: the gradient of conv2d with respect to its input.
//
//	forward   y  = b; y[i·sh + p·dh − top, j·sw + q·dw − left, o] += x[i,j,c]·w[p,q,o,c]
//	backward  dx = dy ∗ w, as in conv2d; dw: the same products, dy in place of y; db = Σ dy
//
// Shapes: x: n×h×w×c, y: n×oh×ow×filters, w: kernel_size×(filters/groups)×c, b: filters. With span = (kernel_size −
// 1)·dilation_rate + 1, the extent of y is (h − 1)·sh + max(span, sh) with padding valid, h·sh with
// padding same, which cuts off half of the rest on each side, one more below if it is odd, and
// (h − 1)·sh + span − top − bottom + output_padding with padding [[top, bottom], …]. Backward
// needs x.
var Conv2DTranspose = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "conv2d_transpose", Doc: "Filters that spread each pixel over a larger image.",
		Attrs: append(transposeAttrs, slices.DeleteFunc(slices.Clone(weightAttrs),
			func(a spec.Attr) bool { return a.Name == "max_norm" })...)},
	Params: func(l *Layer) []*ir.Param {
		v := mustConv(transposed(l))
		in, out := v.taps() // of the convolution that it is the gradient of
		shape := ir.Shape{v.size[0], v.size[1], v.x[2] / v.groups, v.y[2]}
		return withBias(l, v.x[2], filterParam(l, "kernel", "kernel", shape, shape.Size()/shape[3], shape[3], out, in))
	},
	Shape: func(l *Layer) (ir.Shape, error) {
		v, err := transposed(l)
		if err != nil {
			return nil, err
		}
		return v.x, nil
	},
	Forward:  transposeForward,
	Backward: transposeBackward,
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		v := mustConv(transposed(l))
		return biased(b, l, lowerConv(b, l, x[0], ir.ConvDX, v, v.x))
	},
	Exact: exactSums,
	Bound: func(c *Call) []float64 {
		a := absolute(c)
		transposeForward(a)
		_, k := mustConv(transposed(c.Layer)).taps()
		return times(gamma(k+2), a.Y.Data)
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		transposeBackward(a)
		k, _ := mustConv(transposed(c.Layer)).taps()
		dx = [][]float64{times(gamma(k+1), a.DX[0].Data)}
		for i, t := range a.DP {
			rows := len(c.X[0].Data) / lastOf(c.X[0].Shape)
			if i > 0 {
				rows = len(c.Y.Data) / lastOf(c.Y.Shape)
			}
			dp = append(dp, times(gamma(rows+1), t.Data))
		}
		return dx, dp
	},
	MACs: func(l *Layer) int64 {
		return int64(l.Params[0].Size()) * int64(l.InShape(0).Size()/lastOf(l.InShape(0)))
	},
	Cases: []Case{
		{In: []ir.Shape{{3, 4, 2}}, Attrs: "filters: 3, kernel_size: 3"},
		{In: []ir.Shape{{3, 2, 3}}, Attrs: "filters: 17, kernel_size: [3, 2], strides: 2, padding: same, activation: relu"},
		{In: []ir.Shape{{3, 3, 4}}, Attrs: "filters: 2, kernel_size: [2, 1], strides: [3, 2], groups: 2, use_bias: false"},
		{In: []ir.Shape{{4, 3, 1}},
			Attrs: "filters: 2, kernel_size: 3, strides: 2, dilation_rate: [1, 2], padding: [[1, 1], [2, 0]], " +
				"output_padding: [1, 0]"},
	},
})

var transposeAttrs = append(spreadAttrs(), groupsAttr,
	spec.Attr{Name: "output_padding", Type: spec.Ints, Len: 2, Repeat: true, Default: []int{0, 0}, Min: spec.Bound(0),
		Doc: "Rows below and columns right of what the strides give, less than those; with padding that is not same."})

// spreadAttrs are those of a filter that moves over images, with the padding of what spreads them.
func spreadAttrs() []spec.Attr {
	attrs := planeAttrs(filtersAttr)
	for i := range attrs {
		if attrs[i].Name == "padding" {
			attrs[i].Doc = "What is cut off the spread image: valid for nothing, same for as much as leaves the extents of " +
				"the input times the strides, or [[top, bottom], [left, right]]."
		}
	}
	return attrs
}

// transposed settles the convolution whose gradient the layer is: its x is the output, its y the input.
func transposed(l *Layer) (*convolution, error) {
	in, err := imageOf(l, 3)
	if err != nil {
		return nil, err
	}
	v := &convolution{
		x: ir.Shape{0, 0, l.Node.Int("filters")}, y: in, groups: l.Node.Int("groups"), m: 1,
		size: planeInts(l.Node, "kernel_size"), stride: planeInts(l.Node, "strides"),
		dilation: planeInts(l.Node, "dilation_rate"),
	}
	more := planeInts(l.Node, "output_padding")
	for a := range 2 {
		span := (v.size[a]-1)*v.dilation[a] + 1
		if span > MaxElements {
			return nil, &shapeError{at: "kernel_size", msg: fmt.Sprintf("the kernel spans %d %s, more than %d",
				span, axisNames(3)[a], MaxElements)}
		}
		full := (in[a]-1)*v.stride[a] + span
		switch pad := l.Node.Word("padding"); {
		case more[a] >= v.stride[a] && more[a] > 0:
			return nil, &shapeError{at: "output_padding", msg: fmt.Sprintf("output_padding %d is not below the strides of %d",
				more[a], v.stride[a])}
		case pad == "same" && more[a] > 0:
			return nil, &shapeError{at: "output_padding",
				msg: fmt.Sprintf("output_padding %d does not go with padding same, whose output has %d %s", more[a],
					in[a]*v.stride[a], axisNames(3)[a]), hint: "write padding: [[top, bottom], [left, right]]"}
		case pad == "same":
			v.x[a] = in[a] * v.stride[a]
			v.before[a] = max(0, full-v.x[a]) / 2
		case pad == "valid":
			v.x[a] = max(full, in[a]*v.stride[a]) + more[a]
		default:
			pads := paddingOf(l.Node, 3, a)
			v.before[a] = pads[0]
			if v.x[a] = full - pads[0] - pads[1] + more[a]; v.x[a] <= 0 {
				return nil, &shapeError{at: "padding", msg: fmt.Sprintf("padding %v leaves nothing of %d %s",
					pads, full+more[a], axisNames(3)[a])}
			}
		}
	}
	return v, checkGroups(l, v.y[2], v.x[2])
}

func transposeForward(c *Call) {
	fillBias(c)
	mustConv(transposed(c.Layer)).multiplyBack(c.N, c.X[0].Data, c.P[0].Data, c.Y.Data)
}

func transposeBackward(c *Call) {
	biasBackward(c)
	v := mustConv(transposed(c.Layer))
	v.multiply(c.N, c.DY.Data, c.P[0].Data, c.DX[0].Data)
	v.multiplyFilter(c.N, c.DY.Data, c.X[0].Data, c.DP[0].Data)
}
