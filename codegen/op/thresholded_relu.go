package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// ThresholdedReLU lets pass what is above a threshold.
//
//	forward   y  = x where x > θ, else 0
//	backward  dx = dy where x > θ, else 0
//
// Shapes: x, y: any. No parameters.
//
// Source: Konda, Memisevic and Krueger, Zero-bias autoencoders and the benefits of co-adapting features, 2015.
var ThresholdedReLU = defineCurve(curve{
	initializer: "he_uniform",
	kind: spec.Kind{Name: "thresholded_relu", Doc: "What is above a threshold: x where x > θ, else 0.",
		Short: "theta", Attrs: []spec.Attr{
			{Name: "theta", Type: spec.Float, Default: 1.0, Doc: "θ: the threshold."},
		}},
	f: func(theta, x float64) float64 {
		if x > theta {
			return x
		}
		return 0
	},
	df: func(theta, x float64) float64 {
		if x > theta {
			return 1
		}
		return 0
	},
	alpha: "theta",
	exact: func(c *Call) bool { return isGrid(c.Layer.Node.Float("theta")) && exactSums(c) },
	lower: func(b *ir.Builder, l *Layer, x *ir.Value) *ir.Value {
		theta := l.Node.Float("theta")
		return b.WhereLess(x, b.Clip(x, theta, theta), x)
	},
	kinks: []float64{1},
})
