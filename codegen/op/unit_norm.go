package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// UnitNorm scales each example to length 1, over its last axis.
//
//	forward   y  = x·r, r = 1/max(‖x‖, ε), ‖x‖ = √Σx²
//	backward  dx = r·(dy − y·Σ dy∘y) where ‖x‖ > ε, else r·dy
//
// Shapes: x, y: n×…×c. No parameters. Backward needs y and r. A row of zeros stays.
//
// It is exact where ‖x‖ = 2ᵏ, as of rows with one number that is not 0, a power of two: so a probe draws an input that it
// reads. Behind parameters it never is. Along each parameter that a row depends on linearly Σx² is a polynomial of degree
// 2, and so is 4ᵏ for at most two values of it: whole numbers that are drawn do not meet that in each row of each example.
// A probe would have to hold all but one of the parameters in front at 0, and then shows nothing of these, nor of what
// else they feed. Package norm holds the function and its gradient against exact arithmetic over rows whose lengths are
// such powers, and whole.
//
// Source: Keras' UnitNormalization and PyTorch's normalize, whose epsilon is 1e-12 too.
var UnitNorm = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "unit_norm", Doc: "Scales each example to length 1, over its last axis.", Attrs: []spec.Attr{
		{Name: "epsilon", Type: spec.Float, Default: 1e-12, Min: spec.Bound(1e-18), Max: spec.Bound(1e18),
			Doc: "ε: what shorter rows are divided by."},
	}},
	Shape: sameShape,
	Forward: func(c *Call) {
		c.lengths(func(at, f int, length float64) {
			for j := at; j < at+f; j++ {
				c.Y.Data[j] = c.X[0].Data[j] / math.Max(length, c.epsilon())
			}
		})
	},
	Backward: func(c *Call) {
		c.lengths(func(at, f int, length float64) {
			dot, r := 0.0, 1/math.Max(length, c.epsilon())
			if length > c.epsilon() {
				for j := at; j < at+f; j++ {
					dot += c.DY.Data[j] * c.X[0].Data[j] * r
				}
			}
			for j := at; j < at+f; j++ {
				c.DX[0].Data[j] += r * (c.DY.Data[j] - c.X[0].Data[j]*r*dot)
			}
		})
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		return b.UnitNorm(x[0], l.Node.Float("epsilon"))
	},
	Exact: func(c *Call) bool {
		exact := true
		c.lengths(func(at, f int, length float64) {
			fraction, _ := math.Frexp(length)
			row := c.X[0].Data[at:][:f]
			exact = exact && fraction == 0.5 && length >= c.epsilon() && fits([]float64{length * length}, 2*step(row))
		})
		return exact
	},
	// dx is exact where all of its terms, 1/r times as large, are multiples of what float32 holds their sums of.
	ExactGrad: func(c *Call) (dx, dp []bool) {
		e := step(c.DY.Data) + 2*step(c.Y.Data)
		var sizes []float64
		c.lengths(func(at, f int, _ float64) {
			dot := 0.0
			for j := at; j < at+f; j++ {
				dot += math.Abs(c.DY.Data[j] * c.Y.Data[j])
			}
			for j := at; j < at+f; j++ {
				sizes = append(sizes, math.Abs(c.DY.Data[j])+math.Abs(c.Y.Data[j])*dot)
			}
		})
		return []bool{Settle(c.DX[0].Data) && fits(sizes, e)}, nil
	},
	OneHot: true,
	// The sum of the squares is off by γ(f), r by half of that, relatively.
	Bound: func(c *Call) []float64 { return times(gamma(lastOf(c.Y.Shape)+8), absTensor(c.Y).Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		b := make([]float64, len(c.DY.Data))
		c.lengths(func(at, f int, length float64) {
			dot, r := 0.0, 1/math.Max(length, c.epsilon())
			for j := at; j < at+f; j++ {
				dot += math.Abs(c.DY.Data[j] * c.X[0].Data[j] * r)
			}
			for j := at; j < at+f; j++ {
				b[j] = gamma(3*f+20)*r*(math.Abs(c.DY.Data[j])+math.Abs(c.X[0].Data[j])*r*dot) + tiny
			}
		})
		return [][]float64{b}, nil
	},
	Cases: []Case{{In: []ir.Shape{{4}}}, {In: []ir.Shape{{33}}}, {In: []ir.Shape{{3, 8}}, Attrs: "epsilon: 3.0"}},
})

// epsilon returns the attribute as float32 code has it.
func (c *Call) epsilon() float64 { return float64(float32(c.Layer.Node.Float("epsilon"))) }

// lengths calls f for each row of the last axis, with its place, its width and its length.
func (c *Call) lengths(f func(at, width int, length float64)) {
	width := lastOf(c.X[0].Shape)
	for at := 0; at < len(c.X[0].Data); at += width {
		sum := 0.0
		for _, v := range c.X[0].Data[at : at+width] {
			sum += v * v
		}
		f(at, width, math.Sqrt(sum))
	}
}
