package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// RMSNorm scales each example by the root of the mean of its squares, over its last axis.
//
//	forward   y  = x·r·γ, r = 1/√(mean x² + ε)
//	backward  dx = r·(g − x·r²·mean(g∘x)), g = dy∘γ;  dγ = Σ dy∘x·r
//
// Shapes: x, y: n×…×c, γ: c. Backward needs x and r.
//
// Source: Zhang and Sennrich, Root mean square layer normalization, 2019.
var RMSNorm = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "rms_norm",
		Doc: "Scales each example by the root of the mean of its squares, over its last axis.", Attrs: []spec.Attr{
			{Name: "epsilon", Type: spec.Float, Default: 1e-6, Min: spec.Bound(0), OpenMin: true,
				Doc: "ε: added to the mean of the squares."},
		}},
	Params: func(l *Layer) []*ir.Param { return scaleAndShift(l)[:1] },
	Shape:  sameShape, Through: true,
	Forward: func(c *Call) {
		c.meanSquares(func(x, y []float64, r float64, at int) {
			for j, v := range x {
				y[j] = v * r * c.P[0].Data[j]
			}
		})
	},
	Backward: func(c *Call) {
		c.meanSquares(func(x, _ []float64, r float64, at int) {
			dy, dx, mean := c.DY.Data[at:][:len(x)], c.DX[0].Data[at:], 0.0
			for j, v := range x {
				mean += dy[j] * c.P[0].Data[j] * v / float64(len(x))
			}
			for j, v := range x {
				dx[j] += r * (dy[j]*c.P[0].Data[j] - v*r*r*mean)
				c.DP[0].Data[j] += dy[j] * v * r
			}
		})
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		return b.Node(ir.RMSNormPrim, "", []*ir.Value{x[0], b.Param(l.Params[0])}, "epsilon",
			l.Node.Float("epsilon")).Results[0]
	},
	Shut: isShut, Exact: isShut, ExactGrad: shutGrad,
	// The sum of the squares is off by γ(f), r by half of that, relatively.
	Bound: func(c *Call) []float64 { return times(gamma(lastOf(c.Y.Shape)+12), absTensor(c.Y).Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		f := lastOf(c.Y.Shape)
		b, p := make([]float64, len(c.DY.Data)), make([]float64, f)
		k := gamma(3*f + 24)
		c.meanSquares(func(x, _ []float64, r float64, at int) {
			mean := 0.0
			for j, v := range x {
				mean += math.Abs(c.DY.Data[at+j]*c.P[0].Data[j]*v) / float64(f)
			}
			for j, v := range x {
				b[at+j] = k*r*(math.Abs(c.DY.Data[at+j]*c.P[0].Data[j])+math.Abs(v)*r*r*mean) + tiny
				p[j] += gamma(f+12+len(b)/f)*math.Abs(c.DY.Data[at+j]*v*r) + tiny
			}
		})
		return [][]float64{b}, [][]float64{p}
	},
	Cases: []Case{{In: []ir.Shape{{4}}}, {In: []ir.Shape{{33}}}, {In: []ir.Shape{{3, 8}}, Attrs: "epsilon: 0.1"}},
})

// meanSquares calls f for each row of the last axis, with its factor r and its place.
func (c *Call) meanSquares(f func(x, y []float64, r float64, at int)) {
	width := lastOf(c.X[0].Shape)
	for at := 0; at < len(c.X[0].Data); at += width {
		x, sum := c.X[0].Data[at:][:width], 0.0
		for _, v := range x {
			sum += v * v
		}
		f(x, c.Y.Data[at:][:width], 1/math.Sqrt(sum/float64(width)+c.Layer.Node.Float("epsilon")), at)
	}
}
