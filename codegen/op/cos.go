package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Cos is the cosine.
//
//	forward   y  = cos x
//	backward  dx = −dy·sin x
//
// Shapes: x, y: any, in radians. No parameters. Backward needs x.
var Cos = defineCurve(curve{
	kind:  spec.Kind{Name: "cos", Doc: "The cosine of each element, in radians: cos x."},
	f:     func(_, x float64) float64 { return math.Cos(x) },
	df:    func(_, x float64) float64 { return -math.Sin(x) },
	ulps:  3,
	lower: lowerMap("cos"),
})
