package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// GELU is the Gaussian error linear unit.
//
//	forward   y  = x·Φ(x), or with approximate: tanh
//	          y  = x/2·(1 + tanh t), t = √(2/π)·(x + 0.044715·x³)
//	backward  dx = dy·(Φ(x) + x·φ(x)), or that of the tanh form
//
// Shapes: x, y: any. No parameters.
//
// Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
var GELU = define(Def{
	Kind: spec.Kind{Name: "gelu", Doc: "The Gaussian error linear unit: x·Φ(x).", Short: "approximate", Attrs: []spec.Attr{
		{Name: "approximate", Type: spec.Enum, Enum: []string{"none", "tanh"}, Default: "none",
			Doc: "Φ exact by erf, or its tanh form."},
	}},
	Activation: true, Initializer: "he_uniform",
	Shape: sameShape,
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i], _ = gelu(c.Layer, x)
		}
	},
	Backward: func(c *Call) {
		for i, x := range c.X[0].Data {
			_, d := gelu(c.Layer, x)
			c.DX[0].Data[i] += c.DY.Data[i] * d
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if l.Node.Word("approximate") == "tanh" {
			return b.Map("gelu_tanh", x[0])
		}
		return b.Map("gelu", x[0])
	},
	Exact: exactFar, Far: true,
	// Where Φ(x) is near 0 its error is relative to 1, so that of y is relative to x.
	Bound: func(c *Call) []float64 { return scaled(8, c.X[0].Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		b := make([]float64, len(c.DY.Data))
		for i, x := range c.X[0].Data {
			_, d := gelu(c.Layer, x)
			b[i] = 24*u*math.Abs(c.DY.Data[i])*(1+math.Abs(d)) + tiny
		}
		return [][]float64{b}, nil
	},
	Cases: []Case{{In: []ir.Shape{{17}}}, {In: []ir.Shape{{33}}, Attrs: "approximate: tanh"}},
})

// gelu returns the value and the derivative at x.
func gelu(l *Layer, x float64) (y, d float64) {
	if l.Node.Word("approximate") == "tanh" {
		k := math.Sqrt(2 / math.Pi)
		t := math.Tanh(k * (x + 0.044715*x*x*x))
		return x / 2 * (1 + t), (1+t)/2 + x/2*(1-t*t)*k*(1+3*0.044715*x*x)
	}
	cdf := math.Erfc(-x/math.Sqrt2) / 2
	return x * cdf, cdf + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}
