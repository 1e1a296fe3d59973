package op

import (
	"math"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Poisson is the negative log likelihood of counts t under rates y > 0, less what depends on t alone: y − t·ln(y +
// 10⁻⁷).
var Poisson = defineLoss(Loss{
	Kind: spec.Kind{Name: "poisson", Doc: "Counts t under rates y > 0: y − t·ln(y + 10⁻⁷)."},
	Prim: "poisson", Terms: fewTerms, Tasks: []string{"regression"}, Targets: fit.Counts, Positive: true,
	Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return y - t*math.Log(y+1e-7), 1 - t/(y+1e-7) }),
})
