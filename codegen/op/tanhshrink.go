package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Tanhshrink is what the hyperbolic tangent leaves of a number.
//
//	forward   y  = x − tanh x
//	backward  dx = dy·tanh²x
//
// Shapes: x, y: any. No parameters.
var Tanhshrink = defineCurve(curve{
	kind: spec.Kind{Name: "tanhshrink", Doc: "What the hyperbolic tangent leaves: x − tanh x."},
	f:    func(_, x float64) float64 { return x - math.Tanh(x) },
	df: func(_, x float64) float64 {
		y := math.Tanh(x)
		return y * y
	},
	exact: exactFar, far: true,
	lower: func(b *ir.Builder, _ *Layer, x *ir.Value) *ir.Value { return b.Sub(x, b.Map("tanh", x)) },
	ulps:  4,
	// Near 0 the difference has the error of tanh, whose size is that of x.
	spread: func(x float64) float64 { return math.Min(math.Abs(x), 1) },
})
