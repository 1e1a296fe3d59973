package op

import (
	"math"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// MAE is the mean absolute error: |y − t|. Its derivative at 0 is 0.
var MAE = defineLoss(Loss{
	Kind: spec.Kind{Name: "mae", Doc: "Mean absolute error: |y − t|; its derivative at 0 is 0."},
	Prim: "mae", Exact: wholeLoss, Terms: fewTerms, Tasks: []string{"regression"}, Targets: fit.Numbers,
	Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return math.Abs(y - t), sign(y - t) }),
})
