package op

import "github.com/nngen/nngen/spec"

// Square is each element times itself.
//
//	forward   y  = x²
//	backward  dx = 2·dy·x
//
// Shapes: x, y: any. No parameters. Backward needs x.
var Square = defineCurve(curve{
	kind:  spec.Kind{Name: "square", Doc: "Each element times itself: x²."},
	f:     func(_, x float64) float64 { return x * x },
	df:    func(_, x float64) float64 { return 2 * x },
	exact: exactSums,
	lower: lowerMap("square"),
	ulps:  0.5,
})
