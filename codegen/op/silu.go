package op

import "github.com/nngen/nngen/spec"

// SiLU is the sigmoid-weighted linear unit (swish): x·sigmoid(x).
//
//	forward   y  = x·σ(x)
//	backward  dx = dy·σ(x)·(1 + x·(1 − σ(x)))
//
// Shapes: x, y: any. No parameters.
//
// Source: Elfwing, Uchibe and Doya, Sigmoid-weighted linear units, 2018.
var SiLU = defineCurve(curve{
	initializer: "he_uniform",
	kind:        spec.Kind{Name: "silu", Doc: "The sigmoid-weighted linear unit (swish): x·sigmoid(x)."},
	f: func(_, x float64) float64 {
		return x * sigmoid(x)
	},
	df: func(_, x float64) float64 {
		s := sigmoid(x)
		return s * (1 + x*(1-s))
	},
	exact: exactFar, far: true,
	lower: lowerMap("silu"),
	ulps:  6,
})
