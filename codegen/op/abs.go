package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Abs is the magnitude of each element.
//
//	forward   y  = |x|
//	backward  dx = dy·sign(x), 0 at 0
//
// Shapes: x, y: any. No parameters. Backward needs x.
var Abs = defineCurve(curve{
	kind: spec.Kind{Name: "abs", Doc: "The magnitude of each element: |x|."},
	f:    func(_, x float64) float64 { return math.Abs(x) },
	df: func(_, x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return 0
	},
	exact: exactSums,
	lower: lowerMap("abs"),
	kinks: []float64{0},
})
