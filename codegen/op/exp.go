package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Exp is the exponential function.
//
//	forward   y  = eˣ
//	backward  dx = dy·y
//
// Shapes: x, y: any. No parameters. Backward needs y.
var Exp = defineCurve(curve{
	kind:  spec.Kind{Name: "exp", Doc: "The exponential function: eˣ."},
	f:     func(_, x float64) float64 { return math.Exp(x) },
	df:    func(_, x float64) float64 { return math.Exp(x) },
	lower: lowerMap("exp"),
	ulps:  2,
})
