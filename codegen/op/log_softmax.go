package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// LogSoftmax makes logarithms of probabilities of scores.
//
//	forward   y  = x − max x − ln Σ exp(x − max x) over the last axis
//	backward  dx = dy − exp(y)·Σ dy
//
// Shapes: x, y: any. No parameters. Backward needs y only.
var LogSoftmax = define(Def{
	Kind:       spec.Kind{Name: "log_softmax", Doc: "Logarithms of probabilities from scores, over the last axis."},
	Activation: true,
	Shape:      sameShape,
	Forward:    eachRow(logSoftmaxRow),
	Backward: func(c *Call) {
		f := c.Y.Shape[len(c.Y.Shape)-1]
		y := make([]float64, f)
		for at := 0; at < len(c.DY.Data); at += f {
			softmaxRow(y, c.X[0].Data[at:at+f])
			sum := 0.0
			for j := range y {
				sum += c.DY.Data[at+j]
			}
			for j, p := range y {
				c.DX[0].Data[at+j] += c.DY.Data[at+j] - p*sum
			}
		}
	},
	Lower: func(b *ir.Builder, _ *Layer, x []*ir.Value) *ir.Value { return b.LogSoftmax(x[0]) },
	// One score alone, which leaves exp of the others 0: ln 1 is 0, and x − max x whole.
	Exact: func(c *Call) bool { return farRows(c, func(ties int) bool { return ties == 1 }) && exactSums(c) }, Far: true,
	Bound: func(c *Call) []float64 {
		f := c.Y.Shape[len(c.Y.Shape)-1]
		b := make([]float64, len(c.Y.Data))
		for at := 0; at < len(b); at += f {
			spread := rowSpread(c.X[0].Data[at : at+f])
			for j := range f {
				b[at+j] = gamma(f+12) + 4*u*(spread+math.Abs(c.Y.Data[at+j])) + tiny
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
			sum := 0.0
			for j := range y {
				sum += math.Abs(c.DY.Data[at+j])
			}
			rel := 2 * (gamma(2*f+16) + 4*u*rowSpread(x))
			for j, p := range y {
				b[at+j] = 4*u*math.Abs(c.DY.Data[at+j]) + rel*p*sum + tiny
			}
		}
		return [][]float64{b}, nil
	},
	Cases: []Case{{In: []ir.Shape{{2}}}, {In: []ir.Shape{{10}}}, {In: []ir.Shape{{3, 17}}}},
})

func logSoftmaxRow(y, x []float64) {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	for j, v := range x {
		y[j] = v - top - math.Log(sum)
	}
}
