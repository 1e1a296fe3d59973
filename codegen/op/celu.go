package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// CELU is the exponential linear unit whose derivative has no jump for any α: α·elu(x/α).
//
//	forward   y  = x where x > 0, else α·(e^(x/α) − 1)
//	backward  dx = dy where x > 0, else dy·e^(x/α)
//
// Shapes: x, y: any. No parameters.
//
// Source: Barron, Continuously differentiable exponential linear units, 2017.
var CELU = defineCurve(curve{
	initializer: "he_uniform",
	kind: spec.Kind{Name: "celu",
		Doc:   "The exponential linear unit without a jump in its derivative: x where x > 0, else α·(e^(x/α) − 1).",
		Short: "alpha", Attrs: []spec.Attr{
			{Name: "alpha", Type: spec.Float, Default: 1.0, Min: spec.Bound(1e-3), Max: spec.Bound(1e3),
				Doc: "α: minus the limit for x → −∞."},
		}},
	f: func(alpha, x float64) float64 {
		if x > 0 {
			return x
		}
		return alpha * math.Expm1(x/alpha)
	},
	df: func(alpha, x float64) float64 {
		if x > 0 {
			return 1
		}
		return math.Exp(x / alpha)
	},
	alpha: "alpha",
	lower: func(b *ir.Builder, l *Layer, x *ir.Value) *ir.Value {
		a := l.Node.Float("alpha")
		if a == 1 {
			return b.Map("elu", x, 1)
		}
		return b.Scale(b.Map("elu", b.Scale(x, 1/a), 1), a)
	},
	kinks: []float64{0},
	// That of elu, and a rounding of 1/α, of the product with it and of that with α.
	ulps:   8,
	spread: func(x float64) float64 { return math.Min(math.Abs(x), 1) },
})
