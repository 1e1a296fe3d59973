package op

import (
	"math"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// LogCosh is ln cosh(y − t): smooth, and linear far out.
var LogCosh = defineLoss(Loss{
	Kind: spec.Kind{Name: "log_cosh", Doc: "ln cosh(y − t): smooth, and linear far out."},
	Prim: "log_cosh", Terms: fewTerms, Tasks: []string{"regression"}, Targets: fit.Numbers,
	Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) {
		e := math.Abs(y - t)
		return e + math.Log1p(math.Exp(-2*e)) - math.Ln2, math.Tanh(y - t)
	}),
})
