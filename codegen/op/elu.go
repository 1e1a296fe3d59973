package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// ELU is the exponential linear unit: x where x > 0, else α·(eˣ − 1).
//
//	forward   y  = x where x > 0, else α·(eˣ − 1)
//	backward  dx = dy where y > 0, else dy·(y + α)
//
// Shapes: x, y: any. No parameters.
//
// Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units,
// 2016.
var ELU = defineCurve(curve{
	initializer: "he_uniform",
	kind: spec.Kind{Name: "elu", Doc: "The exponential linear unit: x where x > 0, else α·(eˣ − 1).",
		Short: "alpha", Attrs: []spec.Attr{
			{Name: "alpha", Type: spec.Float, Default: 1.0, Min: spec.Bound(0), OpenMin: true,
				Doc: "α: minus the limit for x → −∞."},
		}},
	f: func(alpha, x float64) float64 {
		if x > 0 {
			return x
		}
		return alpha * math.Expm1(x)
	},
	df: func(alpha, x float64) float64 {
		if x > 0 {
			return 1
		}
		return alpha * math.Exp(x)
	},
	alpha: "alpha",
	exact: func(c *Call) bool { return isGrid(c.Layer.Node.Float("alpha")) && exactFar(c) },
	far:   true,
	lower: lowerAlpha("elu", "alpha"),
	kinks: []float64{0},
	ulps:  6,
})
