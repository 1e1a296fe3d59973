package op

import (
	"math"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// KLDivergence is that of softmax units from a distribution, computed from their scores: Σ t·ln(t/p).
//
// Source: Kullback and Leibler, On information and sufficiency, 1951.
var KLDivergence = defineLoss(Loss{
	Kind: spec.Kind{Name: "kl_divergence", Doc: "Σ t·ln(t/p) of softmax units, computed from their scores."},
	Prim: "kl_divergence_logits", Final: "softmax", Terms: rowTerms, Tasks: []string{"multiclass"},
	Targets: fit.Distributions, Soft: true,
	Eval: func(_ spec.Node, y, t, dy []float64) float64 {
		loss := crossEntropy(y, t, dy)
		for _, v := range t {
			if v != 0 {
				loss += v * math.Log(v)
			}
		}
		return loss
	},
})
