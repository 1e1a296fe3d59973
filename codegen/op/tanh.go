package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Tanh is the hyperbolic tangent.
//
//	forward   y  = tanh x
//	backward  dx = dy·(1 − y²)
//
// Shapes: x, y: any. No parameters.
var Tanh = defineCurve(curve{
	kind: spec.Kind{Name: "tanh", Doc: "The hyperbolic tangent."},
	f: func(_, x float64) float64 {
		return math.Tanh(x)
	},
	df: func(_, x float64) float64 {
		y := math.Tanh(x)
		return 1 - y*y
	},
	exact: exactFar, far: true,
	lower: lowerMap("tanh"),
	ulps:  4,
})
