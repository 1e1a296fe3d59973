package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// The constants for which mean 0 and variance 1 are a fixed point.
const (
	seluAlpha = 1.6732632423543772848170429916717
	seluScale = 1.0507009873554804934193349852946
)

// SELU is the self-normalising unit: λ·x where x > 0, else λα·(eˣ − 1).
//
//	forward   y  = λ·x where x > 0, else λα·(eˣ − 1)
//	backward  dx = λ·dy where y > 0, else dy·(y + λα)
//
// Shapes: x, y: any. No parameters.
//
// Source: Klambauer et al., Self-normalizing neural networks, 2017.
var SELU = defineCurve(curve{
	initializer: "lecun_normal",
	kind:        spec.Kind{Name: "selu", Doc: "The self-normalising unit: λ·x where x > 0, else λα·(eˣ − 1)."},
	f: func(_, x float64) float64 {
		if x > 0 {
			return seluScale * x
		}
		return seluScale * seluAlpha * math.Expm1(x)
	},
	df: func(_, x float64) float64 {
		if x > 0 {
			return seluScale
		}
		return seluScale * seluAlpha * math.Exp(x)
	},
	lower: lowerMap("selu"),
	kinks: []float64{0},
	ulps:  6,
})
