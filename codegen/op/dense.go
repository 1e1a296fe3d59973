package op

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Dense connects every input to every unit, or those that `sparsity:` leaves.
//
//	forward   y  = x·W + b
//	backward  dx = dy·Wᵀ, dW = xᵀ·dy, db = Σ dy over the batch
//
// Shapes: x: n×in, y: n×units, W: in×units, b: units; or x: n×t×in, y: n×t×units, each step of a
// sequence alike. With sparsity, W is a list of one weight for
// each connection, by unit, then input; masked weights are neither multiplied nor stored nor
// updated. Backward needs x.
var Dense = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "dense", Doc: "Units that each read every input: y = x·W + b.",
		Short: "units", Attrs: append([]spec.Attr{
			{Name: "units", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Number of outputs."},
			{Name: "sparsity", Type: spec.Nodes, Family: spec.SparsityFamily,
				Doc: "Which connections there are; all if left out."},
		}, weightAttrs...)},
	Params: denseParams,
	Shape: func(l *Layer) (ir.Shape, error) {
		in := l.InShape(0)
		most := 2
		if l.Node.Kind == OutputKind.Name {
			most = 3 // a row for each pixel of an image
		}
		if len(in) == 0 || len(in) > most {
			return nil, &shapeError{
				msg:  fmt.Sprintf("dense needs n×f input, or n×t×f, but %q gives n×%s", l.In[0].Name, in),
				hint: fmt.Sprintf("put a flatten layer between %q and %q", l.In[0].Name, l.Name),
			}
		}
		return withLast(in, l.Node.Int("units")), nil
	},
	Forward:  denseForward,
	Backward: denseBackward,
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		w := b.Param(l.Params[0])
		var y *ir.Value
		if l.Params[0].Pattern != nil {
			y = b.Sparse(x[0], w, l.Params[0])
		} else {
			y = b.Gemm(x[0], w)
		}
		if len(l.Params) > 1 {
			y = b.Bias(y, b.Param(l.Params[1]))
		}
		return y
	},
	Exact:     func(c *Call) bool { return exactTerms(c, lastOf(c.X[0].Shape)) },
	ExactGrad: func(c *Call) (dx, dp []bool) { return exactGradTerms(c, lastOf(c.Y.Shape), c.Y.rows()) },
	Bound: func(c *Call) []float64 {
		a := absolute(c)
		denseForward(a)
		return times(gamma(lastOf(c.X[0].Shape)+2), a.Y.Data)
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		denseBackward(a)
		dx = [][]float64{times(gamma(lastOf(c.Y.Shape)+1), a.DX[0].Data)}
		for _, t := range a.DP {
			dp = append(dp, times(gamma(len(c.Y.Data)/lastOf(c.Y.Shape)+1), t.Data))
		}
		return dx, dp
	},
	Likely:     denseLikely,
	LikelyGrad: denseLikelyGrad,
	GradAt:     denseGradAt,
	Cases: []Case{
		{In: []ir.Shape{{1}}, Attrs: "units: 1"},
		{In: []ir.Shape{{17}}, Attrs: "units: 3, use_bias: false"},
		{In: []ir.Shape{{33}}, Attrs: "units: 20"},
		{In: []ir.Shape{{4, 7}}, Attrs: "units: 5, activation: relu"},
		{In: []ir.Shape{{3, 6}}, Attrs: "units: 4, sparsity: {density: {density: 0.5, seed: 5}}"},
		{In: []ir.Shape{{12}}, Attrs: "units: 9, sparsity: {density: {density: 0.3, seed: 5}}"},
	},
})

// weightAttrs are the attributes of kinds with a kernel and a bias.
var weightAttrs = []spec.Attr{
	{Name: "activation", Type: spec.Nodes, Family: spec.ActivationFamily,
		Doc: "Applied to the result; linear if left out."},
	{Name: "use_bias", Type: spec.Bool, Default: true, Doc: "Whether there is a bias."},
	{Name: "kernel_initializer", Type: spec.Nodes, Family: spec.InitializerFamily,
		Default: "auto", Doc: "Initial weights."},
	{Name: "bias_initializer", Type: spec.Nodes, Family: spec.InitializerFamily, Default: "zeros", Doc: "Initial biases."},
	{Name: "kernel_regularizer", Type: spec.Nodes, Family: spec.RegularizerFamily,
		Doc: "Penalty on the weights; that of `training` if left out."},
	{Name: "bias_regularizer", Type: spec.Nodes, Family: spec.RegularizerFamily,
		Doc: "Penalty on the biases; none if left out."},
	{Name: "max_norm", Type: spec.Float, Min: spec.Bound(0), OpenMin: true,
		Doc: "Limit of the norm of the weights into each unit, kept after every update."},
}

func denseParams(l *Layer) []*ir.Param {
	in, out := lastOf(l.InShape(0)), l.Node.Int("units")
	w := &ir.Param{Name: "kernel", Shape: ir.Shape{in, out}, FanIn: in, FanOut: out, In: in, Out: out,
		MaxNorm: l.Node.Float("max_norm")}
	w.Attrs = ir.ParamAttrs{Initializer: "kernel_initializer", Regularizer: "kernel_regularizer",
		Inherits: true, DType: true}
	if l.Pattern != nil {
		w.Pattern, w.Shape = l.Pattern, ir.Shape{len(l.Pattern)}
		w.FanIn, w.FanOut = max(1, len(l.Pattern)/out), max(1, len(l.Pattern)/in)
	}
	if !l.Node.Bool("use_bias") {
		return []*ir.Param{w}
	}
	b := &ir.Param{Name: "bias", Shape: ir.Shape{out}, FanIn: in, FanOut: out}
	b.Attrs = ir.ParamAttrs{Initializer: "bias_initializer", Regularizer: "bias_regularizer"}
	return []*ir.Param{w, b}
}

func denseForward(c *Call) {
	x, w := c.X[0], c.P[0]
	out := lastOf(c.Y.Shape)
	clear(c.Y.Data)
	if len(c.P) > 1 {
		fillRows(c.Y.Data, c.P[1].Data)
	}
	if p := c.Layer.Params[0].Pattern; p != nil {
		in := lastOf(x.Shape)
		for n := range len(x.Data) / in {
			for k, at := range p {
				c.Y.Data[n*out+at[1]] += x.Data[n*in+at[0]] * w.Data[k]
			}
		}
		return
	}
	addProduct(matrix(x), matrix(w), matrix(c.Y))
}

// addProduct computes y += x·w. One row reads w once, row by row, which gonum does for vectors alone.
func addProduct(x, w, y blas64.General) {
	if x.Rows > 1 {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, x, w, 1, y)
		return
	}
	blas64.Gemv(blas.Trans, 1, w, blas64.Vector{N: x.Cols, Inc: 1, Data: x.Data}, 1,
		blas64.Vector{N: y.Cols, Inc: 1, Data: y.Data})
}

func denseBackward(c *Call) {
	x, w, dy := c.X[0], c.P[0], c.DY
	out := lastOf(dy.Shape)
	if len(c.P) > 1 {
		addRows(c.DP[1].Data, dy.Data)
	}
	if p := c.Layer.Params[0].Pattern; p != nil {
		in := lastOf(x.Shape)
		for n := range len(x.Data) / in {
			for k, at := range p {
				d := dy.Data[n*out+at[1]]
				c.DX[0].Data[n*in+at[0]] += d * w.Data[k]
				c.DP[0].Data[k] += d * x.Data[n*in+at[0]]
			}
		}
		return
	}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, matrix(dy), matrix(w), 1, matrix(c.DX[0]))
	if c.DP[0].Data != nil {
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, matrix(x), matrix(dy), 1, matrix(c.DP[0]))
	}
}

// fillRows sets every row of y to row.
func fillRows(y, row []float64) {
	for ; len(y) > 0; y = y[len(row):] {
		copy(y[:len(row)], row)
	}
}

// addRows adds every row of x to sum.
func addRows(sum, x []float64) {
	for ; len(x) > 0; x = x[len(sum):] {
		add(sum, x[:len(sum)])
	}
}

// matrix views a tensor as gonum does: rows of the last axis.
func matrix(t Tensor) blas64.General {
	f := lastOf(t.Shape)
	return blas64.General{Rows: len(t.Data) / f, Cols: f, Stride: f, Data: t.Data}
}

// lastOf returns the extent of the last axis.
func lastOf(s ir.Shape) int { return s[len(s)-1] }

// withLast returns s with another extent of the last axis.
func withLast(s ir.Shape, extent int) ir.Shape {
	s = slices.Clone(s)
	s[len(s)-1] = extent
	return s
}

func times(k float64, x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = k*v + tiny
	}
	return y
}
