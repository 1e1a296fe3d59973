package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Round is the nearest whole number.
//
//	forward   y  = the whole number next to x, of two as near the even one
//	backward  dx = 0 (the derivative wherever it exists)
//
// Shapes: x, y: any. No parameters.
var Round = defineCurve(curve{
	kind:  spec.Kind{Name: "round", Doc: "The whole number next to each element, of two as near the even one."},
	f:     func(_, x float64) float64 { return math.RoundToEven(x) },
	df:    func(_, _ float64) float64 { return 0 },
	exact: exactSums,
	kinks: halfKinks,
	lower: lowerMap("round"),
})

// wholeKinks are where floor and ceil jump, halfKinks where round does, as far as finite differences reach.
var wholeKinks, halfKinks = kinksFrom(0), kinksFrom(0.5)

func kinksFrom(first float64) (kinks []float64) {
	for i := -8.0; i <= 8; i++ {
		kinks = append(kinks, first+i)
	}
	return kinks
}
