package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// HardSigmoid is a sigmoid of straight lines: min(max(x/6 + 1/2, 0), 1).
//
//	forward   y  = min(max(x/6 + 1/2, 0), 1)
//	backward  dx = dy/6 where −3 < x < 3, else 0
//
// Shapes: x, y: any. No parameters.
var HardSigmoid = defineCurve(curve{
	kind: spec.Kind{Name: "hard_sigmoid", Doc: "A sigmoid of straight lines: min(max(x/6 + 1/2, 0), 1)."},
	f: func(_, x float64) float64 {
		return math.Min(math.Max(x/6+0.5, 0), 1)
	},
	df: func(_, x float64) float64 {
		if x > -3 && x < 3 {
			return 1.0 / 6
		}
		return 0
	},
	lower:  lowerMap("hard_sigmoid"),
	kinks:  []float64{-3, 3},
	ulps:   2,
	spread: func(_ float64) float64 { return 1 },
})
