package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Erf is the error function.
//
//	forward   y  = erf x = 2/√π·∫₀ˣ e^−t² dt
//	backward  dx = dy·2/√π·e^−x²
//
// Shapes: x, y: any. No parameters. Backward needs x.
var Erf = defineCurve(curve{
	kind: spec.Kind{Name: "erf", Doc: "The error function: 2/√π times the integral of e^−t² from 0 to x."},
	f:    func(_, x float64) float64 { return math.Erf(x) },
	df:   func(_, x float64) float64 { return 2 / math.SqrtPi * math.Exp(-x*x) },
	ulps: 2, exact: exactFar, far: true,
	lower: lowerMap("erf"),
})
