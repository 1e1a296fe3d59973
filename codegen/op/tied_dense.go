package op

import (
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// TiedDense is dense with a row of weights for each unit, the layout of an embedding's table, so that it can share
// one: a unit's score is then the product of its input with the row of its token. A dense layer or an output that
// shares an embedding is of this kind.
//
//	forward   y  = x·Wᵀ + b
//	backward  dx = dy·W, dW = dyᵀ·x, db = Σ dy over the batch
//
// Shapes: x: n×in, y: n×units, W: units×in, b: units; or x: n×t×in, y: n×t×units. Of a shared table, the gradients of
// both uses are added. Backward needs x.
//
// Source: Press and Wolf, Using the output embedding to improve language models, 2017; Inan, Khosravi and Socher, Tying
// word vectors and word classifiers, 2017.
var TiedDense = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "tied_dense",
		Doc:   "A dense layer with a row of weights for each unit, which it can share with an embedding: y = x·Wᵀ + b.",
		Short: "units",
		Attrs: append([]spec.Attr{
			{Name: "units", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Number of outputs."},
		}, slices.DeleteFunc(slices.Clone(weightAttrs), func(a spec.Attr) bool { return a.Name == "max_norm" })...)},
	Params: func(l *Layer) []*ir.Param {
		all := denseParams(l)
		all[0].Shape = ir.Shape{all[0].Out, all[0].In}
		return all
	},
	Shape: func(l *Layer) (ir.Shape, error) { return Dense.Shape(l) },
	Forward: func(c *Call) {
		clear(c.Y.Data)
		if len(c.P) > 1 {
			fillRows(c.Y.Data, c.P[1].Data)
		}
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, matrix(c.X[0]), matrix(c.P[0]), 1, matrix(c.Y))
	},
	Backward: func(c *Call) {
		if len(c.P) > 1 {
			addRows(c.DP[1].Data, c.DY.Data)
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, matrix(c.DY), matrix(c.P[0]), 1, matrix(c.DX[0]))
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, matrix(c.DY), matrix(c.X[0]), 1, matrix(c.DP[0]))
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		y := b.GemmT(x[0], b.Param(l.Params[0]))
		if len(l.Params) > 1 {
			y = b.Bias(y, b.Param(l.Params[1]))
		}
		return y
	},
	Exact: func(c *Call) bool { return exactTerms(c, lastOf(c.X[0].Shape)) },
	Bound: func(c *Call) []float64 {
		a := absolute(c)
		c.Layer.Def.Forward(a)
		return times(gamma(lastOf(c.X[0].Shape)+2), a.Y.Data)
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		c.Layer.Def.Backward(a)
		dx = [][]float64{times(gamma(lastOf(c.Y.Shape)+1), a.DX[0].Data)}
		for _, t := range a.DP {
			dp = append(dp, times(gamma(len(c.Y.Data)/lastOf(c.Y.Shape)+1), t.Data))
		}
		return dx, dp
	},
	Cases: []Case{
		{In: []ir.Shape{{1}}, Attrs: "units: 1"},
		{In: []ir.Shape{{17}}, Attrs: "units: 3, use_bias: false"},
		{In: []ir.Shape{{33}}, Attrs: "units: 20, activation: relu"},
		{In: []ir.Shape{{4, 7}}, Attrs: "units: 27"},
	},
})
