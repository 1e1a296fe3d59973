package op

import "github.com/nngen/nngen/spec"

// Sigmoid is the logistic function: 1/(1 + e⁻ˣ).
//
//	forward   y  = 1/(1 + e⁻ˣ)
//	backward  dx = dy·y·(1 − y)
//
// Shapes: x, y: any. No parameters.
var Sigmoid = defineCurve(curve{
	kind: spec.Kind{Name: "sigmoid", Doc: "The logistic function: 1/(1 + e⁻ˣ)."},
	f: func(_, x float64) float64 {
		return sigmoid(x)
	},
	df: func(_, x float64) float64 {
		y := sigmoid(x)
		return y * (1 - y)
	},
	exact: exactFar, far: true,
	lower: lowerMap("sigmoid"),
	ulps:  4,
})
