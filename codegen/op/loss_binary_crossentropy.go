package op

import (
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// BinaryCrossEntropy is that of sigmoid units, computed from their scores: −t·ln p − (1 − t)·ln(1 − p) = ln(1 + eʸ) −
// t·y, whose derivative is p − t.
var BinaryCrossEntropy = defineLoss(Loss{
	Kind: spec.Kind{Name: "binary_crossentropy",
		Doc: "−t·ln p − (1 − t)·ln(1 − p) of sigmoid units, computed from their scores."},
	Prim: "binary_crossentropy_logits", Final: "sigmoid", Exact: wholeLoss, Terms: fewTerms, Tasks: []string{"binary"},
	Targets: fit.Probabilities,
	Eval:    meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return softplus(y) - t*y, sigmoid(y) - t }),
})
