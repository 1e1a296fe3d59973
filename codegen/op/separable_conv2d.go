package op

import (
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// SeparableConv2D moves filters of its own over each channel, then mixes the channels of each pixel.
//
//	forward   y  = (x ∗ d)·p + b: depthwise_conv2d, then a dense layer on the channels
//	backward  dt = dy·pᵀ, dp = tᵀ·dy with t = x ∗ d; dx, dd as in depthwise_conv2d; db = Σ dy
//
// Shapes: x: n×h×w×c, t: n×oh×ow×(c·m), y: n×oh×ow×filters, d: kernel_size×c×m, p: (c·m)×filters, b: filters,
// with m the depth_multiplier. Backward needs x and t.
var SeparableConv2D = defineSeparable(Def{
	Kind: spec.Kind{Name: "separable_conv2d",
		Doc:   "A depthwise convolution, then one that mixes the channels of each pixel.",
		Attrs: append(planeAttrs(filtersAttr), append([]spec.Attr{multiplierAttr}, separableAttrs...)...)},
	Cases: []Case{
		{In: []ir.Shape{{5, 6, 3}}, Attrs: "filters: 4, kernel_size: 3"},
		{In: []ir.Shape{{6, 5, 2}},
			Attrs: "filters: 18, kernel_size: [3, 2], depth_multiplier: 3, strides: 2, padding: same, activation: relu, " +
				"use_bias: false, max_norm: 0.4"},
		{In: []ir.Shape{{5, 5, 2}},
			Attrs: "filters: 3, kernel_size: 2, dilation_rate: 2, padding: [[1, 0], [0, 1]], pointwise_regularizer: {l2: " +
				"0.1}, activation: tanh"},
	},
}, 3)

// defineSeparable adds a kind with a depthwise convolution before one that mixes channels.
func defineSeparable(d Def, rank int) *Def {
	settled := func(l *Layer) *convolution { return mustConv(channelConv(l, rank)) }
	d.Params = func(l *Layer) []*ir.Param {
		v, out := settled(l), l.Node.Int("filters")
		t := v.y[2]
		return withBias(l, out, depthwiseKernel(l, v, rank), filterParam(l,
			"pointwise_kernel", "pointwise", ir.Shape{t, out}, t, out, t, out))
	}
	d.Shape = func(l *Layer) (ir.Shape, error) {
		v, err := channelConv(l, rank)
		if err != nil {
			return nil, err
		}
		return withLast(outer(v.y, rank), l.Node.Int("filters")), nil
	}
	d.Forward = func(c *Call) { separableForward(c, settled(c.Layer)) }
	d.Backward = func(c *Call) { separableBackward(c, settled(c.Layer)) }
	d.Lower = func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		v := settled(l)
		t := lowerConv(b, l, x[0], ir.DepthwisePrim, v, v.y)
		return biased(b, l, b.Gemm(t, b.Param(l.Params[1])))
	}
	d.Exact = exactSums
	// Errors of t pass through the products with p, those of dt through the products with d.
	d.Bound = func(c *Call) []float64 {
		a, v := absolute(c), settled(c.Layer)
		separableForward(a, v)
		k, _ := v.taps()
		return times(gamma(k+c.P[1].Shape[0]+2), a.Y.Data)
	}
	d.GradBound = func(c *Call) (dx, dp [][]float64) {
		a, v := absolute(c), settled(c.Layer)
		separableBackward(a, v)
		k, back := v.taps()
		rows := len(c.Y.Data)/lastOf(c.Y.Shape) + 2
		filters := lastOf(c.Y.Shape)
		dx = [][]float64{times(gamma(back+filters+2), a.DX[0].Data)}
		dp = [][]float64{times(gamma(rows+filters), a.DP[0].Data), times(gamma(rows+k), a.DP[1].Data)}
		for _, t := range a.DP[2:] {
			dp = append(dp, times(gamma(rows), t.Data))
		}
		return dx, dp
	}
	d.PerStep = true
	return define(d)
}

// separableAttrs are weightAttrs with one of each kind for both filters.
var separableAttrs = func() []spec.Attr {
	var attrs []spec.Attr
	for _, a := range weightAttrs {
		if strings.HasPrefix(a.Name, "kernel_") {
			attrs = append(attrs, renamed([]spec.Attr{a}, "kernel", "depthwise")...)
			a = renamed([]spec.Attr{a}, "kernel", "pointwise")[0]
		}
		attrs = append(attrs, a)
	}
	return attrs
}()

// depthwiseStage returns the call of the depthwise convolution: its Y and DY are its own.
func depthwiseStage(c *Call, v *convolution) *Call {
	shape := append(ir.Shape{c.N}, v.y...)
	t := &Call{Layer: c.Layer, N: c.N, X: c.X, P: c.P[:1], DX: c.DX,
		Y: Tensor{Shape: shape, Data: make([]float64, shape.Size())}}
	if c.DP != nil {
		t.DP = c.DP[:1]
	}
	t.DY = zeroTensor(t.Y)
	return t
}

func separableForward(c *Call, v *convolution) {
	t := depthwiseStage(c, v)
	convForward(t, v)
	fillBias(c)
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, matrix(t.Y), matrix(c.P[1]), 1, matrix(c.Y))
}

func separableBackward(c *Call, v *convolution) {
	biasBackward(c)
	t := depthwiseStage(c, v)
	convForward(t, v)
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, matrix(c.DY), matrix(c.P[1]), 0, matrix(t.DY))
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, matrix(t.Y), matrix(c.DY), 1, matrix(c.DP[1]))
	convBackward(t, v)
}
