package op

import (
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// MSE is the mean squared error: (y − t)².
var MSE = defineLoss(Loss{
	Kind: spec.Kind{Name: "mse", Doc: "Mean squared error: (y − t)²."},
	Prim: "mse", Exact: wholeLoss, Terms: fewTerms, Tasks: []string{"regression"}, Targets: fit.Numbers,
	Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return (y - t) * (y - t), 2 * (y - t) }),
})
