package op

import "github.com/nngen/nngen/spec"

// Softplus is a smooth rectifier: ln(1 + eˣ).
//
//	forward   y  = ln(1 + eˣ)
//	backward  dx = dy·σ(x) = dy·(1 − e⁻ʸ)
//
// Shapes: x, y: any. No parameters.
var Softplus = defineCurve(curve{
	initializer: "he_uniform",
	kind:        spec.Kind{Name: "softplus", Doc: "A smooth rectifier: ln(1 + eˣ)."},
	f: func(_, x float64) float64 {
		return softplus(x)
	},
	df: func(_, x float64) float64 {
		return sigmoid(x)
	},
	far:   true,
	lower: lowerMap("softplus"),
	ulps:  6,
})
