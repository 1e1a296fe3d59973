package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Linear is the identity: y = x.
//
//	forward   y  = x
//	backward  dx = dy
//
// Shapes: x, y: any. No parameters.
var Linear = defineCurve(curve{
	kind: spec.Kind{Name: "linear", Doc: "The identity: y = x."},
	f: func(_, x float64) float64 {
		return x
	},
	df: func(_, _ float64) float64 {
		return 1
	},
	exact: exactSums,
	lower: func(_ *ir.Builder, _ *Layer, x *ir.Value) *ir.Value { return x },
	ulps:  0,
})
