package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Ceil is the smallest whole number that is not below.
//
//	forward   y  = ⌈x⌉
//	backward  dx = 0 (the derivative wherever it exists)
//
// Shapes: x, y: any. No parameters.
var Ceil = defineCurve(curve{
	kind:  spec.Kind{Name: "ceil", Doc: "The smallest whole number that is not below each element: ⌈x⌉."},
	f:     func(_, x float64) float64 { return math.Ceil(x) },
	df:    func(_, _ float64) float64 { return 0 },
	exact: exactSums,
	kinks: wholeKinks,
	lower: lowerMap("ceil"),
})
