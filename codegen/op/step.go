package op

import "github.com/nngen/nngen/spec"

// Step is the threshold unit of McCulloch and Pitts: 1 where x ≥ 0, else 0.
//
//	forward   y  = 1 where x ≥ 0, else 0
//	backward  dx = 0 (the derivative wherever it exists)
//
// Shapes: x, y: any. No parameters.
//
// Source: McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity, 1943.
var Step = defineCurve(curve{
	kind: spec.Kind{Name: "step", Doc: "The threshold unit of McCulloch and Pitts: 1 where x ≥ 0, else 0."},
	f: func(_, x float64) float64 {
		if x >= 0 {
			return 1
		}
		return 0
	},
	df: func(_, _ float64) float64 {
		return 0
	},
	exact: exactSums,
	lower: lowerMap("step"),
	kinks: []float64{0},
	ulps:  0,
})
