package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Softsign is x/(1 + |x|).
//
//	forward   y  = x/(1 + |x|)
//	backward  dx = dy·(1 − |y|)²
//
// Shapes: x, y: any. No parameters.
var Softsign = defineCurve(curve{
	kind: spec.Kind{Name: "softsign", Doc: "X/(1 + |x|)."},
	f: func(_, x float64) float64 {
		return x / (1 + math.Abs(x))
	},
	df: func(_, x float64) float64 {
		d := 1 + math.Abs(x)
		return 1 / (d * d)
	},
	lower: lowerMap("softsign"),
	ulps:  4,
})
