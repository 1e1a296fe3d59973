package op

import (
	"github.com/nngen/nngen/spec"
)

// ReLU is the rectified linear unit: max(x, 0).
//
//	forward   y  = max(x, 0)
//	backward  dx = dy where y > 0, else 0
//
// Shapes: x, y: any. No parameters. The derivative at x = 0 is taken as 0. Backward needs y only.
var ReLU = defineCurve(curve{
	initializer: "he_uniform",
	kind:        spec.Kind{Name: "relu", Doc: "The rectified linear unit: max(x, 0)."},
	f: func(_, x float64) float64 {
		return max(x, 0)
	},
	df: func(_, x float64) float64 {
		if x > 0 {
			return 1
		}
		return 0
	},
	exact: exactSums,
	lower: lowerMap("relu"),
	kinks: []float64{0},
	ulps:  0,
})
