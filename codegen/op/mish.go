package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Mish is x·tanh(softplus(x)).
//
//	forward   y  = x·tanh(ln(1 + eˣ))
//	backward  dx = dy·(t + x·(1 − t²)·σ(x)), t = tanh(ln(1 + eˣ))
//
// Shapes: x, y: any. No parameters.
//
// Source: Misra, Mish: a self regularized non-monotonic activation function, 2020.
var Mish = defineCurve(curve{
	initializer: "he_uniform",
	kind:        spec.Kind{Name: "mish", Doc: "X·tanh(softplus(x))."},
	f: func(_, x float64) float64 {
		return x * math.Tanh(softplus(x))
	},
	df: func(_, x float64) float64 {
		t := math.Tanh(softplus(x))
		return t + x*(1-t*t)*sigmoid(x)
	},
	exact: exactFar, far: true,
	lower: lowerMap("mish"),
	ulps:  8,
})
