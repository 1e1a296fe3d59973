package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// quick is 1.702 as float32 code has it.
const quick = float64(float32(1.702))

// QuickGELU approximates the Gaussian error linear unit by a sigmoid.
//
//	forward   y  = x·s, s = sigmoid(1.702·x)
//	backward  dx = dy·(s + 1.702·x·s·(1 − s))
//
// Shapes: x, y: any. No parameters. Backward needs x.
//
// Source: Hendrycks and Gimpel, Gaussian error linear units, 2016, §2.
var QuickGELU = defineCurve(curve{
	initializer: "he_uniform",
	kind:        spec.Kind{Name: "quick_gelu", Doc: "An approximation of gelu: x·sigmoid(1.702·x)."},
	f:           func(_, x float64) float64 { return x * sigmoid(quick*x) },
	df: func(_, x float64) float64 {
		s := sigmoid(quick * x)
		return s + quick*x*s*(1-s)
	},
	lower: lowerMap("quick_gelu"),
	ulps:  4,
	// The rounding of 1.702·x changes the sigmoid by as much of its slope there.
	spread: func(x float64) float64 {
		s := sigmoid(quick * x)
		return math.Abs(quick * x * x * s * (1 - s))
	},
})
