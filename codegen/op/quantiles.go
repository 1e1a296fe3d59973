package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Quantiles makes quantiles of scores, in count blocks of as many units each, so that none is below the one before:
//
//	forward   y₀ = x₀, yⱼ = yⱼ₋₁ + ln(1 + exp(xⱼ)) for block j
//	backward  dx₀ = Σ dyⱼ, dxⱼ = σ(xⱼ)·Σ dyᵢ over i ≥ j
//
// Shapes: x, y: n×f, f a multiple of count. No parameters.
//
// It is no kind that a spec writes: `output: {quantiles: […]}` adds it. Quantiles that are learned each by itself cross
// where data are few; sums of what is positive never do, in float32 neither (Park et al., Learning Quantile Functions
// without Quantile Crossing for Distribution-free Time Series Forecasting, AISTATS 2022).
var Quantiles = &Def{
	Kind: spec.Kind{Name: "quantiles", Doc: "Quantiles that do not cross."}, Inputs: 1, Shape: sameShape,
	Forward: func(c *Call) {
		block := c.block()
		for i, x := range c.X[0].Data {
			if i%lastOf(c.X[0].Shape) < block {
				c.Y.Data[i] = x
			} else {
				c.Y.Data[i] = c.Y.Data[i-block] + softplus(x)
			}
		}
	},
	Backward: func(c *Call) {
		sums := c.later(func(dy float64) float64 { return dy })
		for i, x := range c.X[0].Data {
			slope := 1.0
			if i%lastOf(c.X[0].Shape) >= c.block() {
				slope = sigmoid(x)
			}
			c.DX[0].Data[i] += slope * sums[i]
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		count := l.Node.Int("count")
		block := lastOf(l.Shape) / count
		y := b.Slice(x[0], 0, block)
		parts := []*ir.Value{y}
		for j := 1; j < count; j++ {
			y = b.Add(y, b.Map("softplus", b.Slice(x[0], j*block, block)))
			parts = append(parts, y)
		}
		return b.Concat(parts)
	},
	// Bound: 6 ULP of each softplus, twice as for the curve itself, and a rounding of each sum.
	Bound: func(c *Call) []float64 {
		b := make([]float64, len(c.Y.Data))
		for i, x := range c.X[0].Data {
			if i%lastOf(c.X[0].Shape) >= c.block() {
				b[i] = b[i-c.block()] + u*(12*softplus(x)+2*math.Abs(c.Y.Data[i])) + tiny
			}
		}
		return b
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		b := c.later(math.Abs)
		for i := range b {
			b[i] = (32+2*float64(c.Layer.Node.Int("count")))*u*b[i] + tiny
		}
		return [][]float64{b}, nil
	},
}

// block returns the number of units of each quantile.
func (c *Call) block() int { return lastOf(c.X[0].Shape) / c.Layer.Node.Int("count") }

// later returns for each unit the sum of f of the gradients of it and of the same unit of later blocks.
func (c *Call) later(f func(float64) float64) []float64 {
	width, block := lastOf(c.X[0].Shape), c.block()
	sums := make([]float64, len(c.DY.Data))
	for i := len(sums) - 1; i >= 0; i-- {
		sums[i] = f(c.DY.Data[i])
		if i%width+block < width {
			sums[i] += sums[i+block]
		}
	}
	return sums
}
