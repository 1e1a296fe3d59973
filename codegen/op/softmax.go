package op

import (
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Softmax makes probabilities of scores.
//
//	forward   y  = exp(x − max x)/Σ exp(x − max x) over the last axis
//	backward  dx = y∘(dy − Σ dy∘y)
//
// Shapes: x, y: any, of at least 2 along the last axis to mean anything. No parameters. Backward
// needs y only.
var Softmax = define(Def{
	Kind: spec.Kind{Name: "softmax", Doc: "Probabilities from scores, over the last axis."}, Activation: true,
	Shape:   sameShape,
	Forward: eachRow(softmaxRow),
	Backward: func(c *Call) {
		f := c.Y.Shape[len(c.Y.Shape)-1]
		y := make([]float64, f)
		for at := 0; at < len(c.DY.Data); at += f {
			softmaxRow(y, c.X[0].Data[at:at+f])
			dot := 0.0
			for j, p := range y {
				dot += p * c.DY.Data[at+j]
			}
			for j, p := range y {
				c.DX[0].Data[at+j] += p * (c.DY.Data[at+j] - dot)
			}
		}
	},
	Lower: func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value { return b.Softmax(x[0]) },
	Exact: exactSoftmax, Far: true,
	// exp errs by 2 ulp, and by the rounding of x − max x, which it multiplies; the sum of f terms
	// and the quotient add theirs.
	Bound: func(c *Call) []float64 {
		f := c.Y.Shape[len(c.Y.Shape)-1]
		b := make([]float64, len(c.Y.Data))
		for at := 0; at < len(b); at += f {
			spread := rowSpread(c.X[0].Data[at : at+f])
			for j := range f {
				b[at+j] = (gamma(f+12)+2*u*spread)*c.Y.Data[at+j] + tiny
			}
		}
		return b
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		f := c.Y.Shape[len(c.Y.Shape)-1]
		b := make([]float64, len(c.DY.Data))
		y := make([]float64, f)
		for at := 0; at < len(b); at += f {
			x := c.X[0].Data[at : at+f]
			softmaxRow(y, x)
			dot := 0.0
			for j, p := range y {
				dot += math.Abs(p * c.DY.Data[at+j])
			}
			rel := 2 * (gamma(2*f+16) + 2*u*rowSpread(x))
			for j, p := range y {
				b[at+j] = rel*p*(math.Abs(c.DY.Data[at+j])+dot) + tiny
			}
		}
		return [][]float64{b}, nil
	},
	Cases: []Case{{In: []ir.Shape{{2}}}, {In: []ir.Shape{{10}}}, {In: []ir.Shape{{3, 17}}}},
})

// eachRow applies f to every row of the last axis.
func eachRow(f func(y, x []float64)) func(*Call) {
	return func(c *Call) {
		width := c.Y.Shape[len(c.Y.Shape)-1]
		for at := 0; at < len(c.Y.Data); at += width {
			f(c.Y.Data[at:at+width], c.X[0].Data[at:at+width])
		}
	}
}

func softmaxRow(y, x []float64) {
	logSoftmaxRow(y, x)
	for j, v := range y {
		y[j] = math.Exp(v)
	}
}

// rowSpread returns the largest distance of a score from the largest score.
func rowSpread(x []float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range x {
		lo, hi = math.Min(lo, v), math.Max(hi, v)
	}
	return hi - lo
}

// exactSoftmax tells whether each score is the largest of its row or so far below that exp is 0, and the largest are a
// power of two in number.
func exactSoftmax(c *Call) bool { return farRows(c, isPower) }

// farRows tells whether each score is the largest of its row or so far below that exp is 0, and of how many the largest
// are.
func farRows(c *Call, largest func(ties int) bool) bool {
	f := lastOf(c.Y.Shape)
	for at := 0; at < len(c.Y.Data); at += f {
		row := c.X[0].Data[at:][:f]
		first, ties := slices.Max(row), 0
		for _, x := range row {
			if x == first {
				ties++
			} else if first-x < 128 {
				return false
			}
		}
		if !largest(ties) {
			return false
		}
	}
	return true
}
