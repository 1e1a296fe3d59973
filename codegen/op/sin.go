package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Sin is the sine.
//
//	forward   y  = sin x
//	backward  dx = dy·cos x
//
// Shapes: x, y: any, in radians. No parameters. Backward needs x.
//
// Source: Sitzmann, Martel, Bergman, Lindell, Wetzstein, Implicit Neural Representations with Periodic Activation
// Functions, 2020.
var Sin = defineCurve(curve{
	kind:  spec.Kind{Name: "sin", Doc: "The sine of each element, in radians: sin x."},
	f:     func(_, x float64) float64 { return math.Sin(x) },
	df:    func(_, x float64) float64 { return math.Cos(x) },
	ulps:  3,
	lower: lowerMap("sin"),
})
