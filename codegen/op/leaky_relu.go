package op

import "github.com/nngen/nngen/spec"

// LeakyReLU is the leaky rectifier: x where x > 0, else α·x.
//
//	forward   y  = x where x > 0, else α·x
//	backward  dx = dy where y > 0, else α·dy
//
// Shapes: x, y: any. No parameters.
//
// Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
var LeakyReLU = defineCurve(curve{
	initializer: "he_uniform",
	kind: spec.Kind{Name: "leaky_relu", Doc: "The leaky rectifier: x where x > 0, else α·x.",
		Short: "negative_slope", Attrs: []spec.Attr{
			{Name: "negative_slope", Type: spec.Float, Default: 0.01, Doc: "α: the slope where x < 0."},
		}},
	f: func(alpha, x float64) float64 {
		if x > 0 {
			return x
		}
		return alpha * x
	},
	df: func(alpha, x float64) float64 {
		if x > 0 {
			return 1
		}
		return alpha
	},
	alpha: "negative_slope",
	exact: func(c *Call) bool { return isGrid(c.Layer.Node.Float("negative_slope")) && exactSums(c) },
	lower: lowerAlpha("leaky_relu", "negative_slope"),
	kinks: []float64{0},
	ulps:  1,
})
