package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Floor is the largest whole number that is not above.
//
//	forward   y  = ⌊x⌋
//	backward  dx = 0 (the derivative wherever it exists)
//
// Shapes: x, y: any. No parameters.
var Floor = defineCurve(curve{
	kind:  spec.Kind{Name: "floor", Doc: "The largest whole number that is not above each element: ⌊x⌋."},
	f:     func(_, x float64) float64 { return math.Floor(x) },
	df:    func(_, _ float64) float64 { return 0 },
	exact: exactSums,
	kinks: wholeKinks,
	lower: lowerMap("floor"),
})
