package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// HardSwish is a swish of straight lines: x·hard_sigmoid(x).
//
//	forward   y  = x·min(max(x/6 + 1/2, 0), 1)
//	backward  dx = dy·(x/3 + 1/2) where −3 < x < 3; dy above, 0 below
//
// Shapes: x, y: any. No parameters.
//
// Source: Howard et al., Searching for MobileNetV3, 2019.
var HardSwish = defineCurve(curve{
	initializer: "he_uniform",
	kind:        spec.Kind{Name: "hard_swish", Doc: "A swish of straight lines: x·hard_sigmoid(x)."},
	f: func(_, x float64) float64 {
		return x * math.Min(math.Max(x/6+0.5, 0), 1)
	},
	df: func(_, x float64) float64 {
		switch {
		case x <= -3:
			return 0
		case x >= 3:
			return 1
		}
		return x/3 + 0.5
	},
	lower:  lowerMap("hard_swish"),
	kinks:  []float64{-3, 3},
	ulps:   3,
	spread: func(x float64) float64 { return math.Abs(x) },
})
