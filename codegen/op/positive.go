package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// The functions of positive numbers give NaN or infinities for others, as IEEE 754 says. They are no activations that
// an attribute may name: behind a linear layer half of their inputs would be outside of their domain.
var (
	// Log is the natural logarithm.
	//
	//	forward   y  = ln x
	//	backward  dx = dy/x
	//
	// Shapes: x, y: any. No parameters. Backward needs x.
	Log = definePositive(curve{
		kind:   spec.Kind{Name: "log", Doc: "The natural logarithm: ln x."},
		f:      func(_, x float64) float64 { return math.Log(x) },
		df:     func(_, x float64) float64 { return 1 / x },
		lower:  lowerMap("log"),
		ulps:   2,
		spread: func(_ float64) float64 { return 1 },
	})

	// Sqrt is the square root.
	//
	//	forward   y  = √x
	//	backward  dx = dy/(2·y)
	//
	// Shapes: x, y: any. No parameters. Backward needs y.
	Sqrt = definePositive(curve{
		kind:  spec.Kind{Name: "sqrt", Doc: "The square root: √x."},
		f:     func(_, x float64) float64 { return math.Sqrt(x) },
		df:    func(_, x float64) float64 { return 0.5 / math.Sqrt(x) },
		lower: lowerMap("sqrt"),
		ulps:  0.5,
	})

	// Reciprocal is one divided by each element.
	//
	//	forward   y  = 1/x
	//	backward  dx = −dy·y²
	//
	// Shapes: x, y: any. No parameters. Backward needs y.
	Reciprocal = definePositive(curve{
		kind:  spec.Kind{Name: "reciprocal", Doc: "One divided by each element: 1/x."},
		f:     func(_, x float64) float64 { return 1 / x },
		df:    func(_, x float64) float64 { return -1 / (x * x) },
		lower: lowerMap("reciprocal"),
		ulps:  0.5,
	})
)

// definePositive adds a function of positive numbers to the table: a curve that is no activation, and whose cases have
// positive inputs.
func definePositive(c curve) *Def {
	d := defineCurve(c)
	d.Activation = false
	for i := range d.Cases {
		d.Cases[i].Front = "softplus"
	}
	return d
}
