package op

import (
	"math"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// CategoricalCrossEntropy is that of softmax units, computed from their scores: −Σ s·ln p with s = (1 − ε)·t +
// ε/classes, whose derivative is Σs·p − s.
//
// Source: Szegedy et al., Rethinking the inception architecture for computer vision, 2016, §7, for the smoothing.
var CategoricalCrossEntropy = defineLoss(Loss{
	Kind: spec.Kind{Name: "categorical_crossentropy", Doc: "−Σ t·ln p of softmax units, computed from their scores.",
		Attrs: []spec.Attr{
			{Name: "label_smoothing", Type: spec.Float, Default: 0.0, Min: spec.Bound(0), Max: spec.Bound(1), OpenMax: true,
				Doc: "ε: the target becomes (1 − ε)·t + ε/classes."}}},
	Prim:  "categorical_crossentropy_logits",
	Args:  func(n spec.Node) []float64 { return []float64{n.Float("label_smoothing")} },
	Exact: func(n spec.Node) bool { return n.Float("label_smoothing") == 0 },
	Final: "softmax", Terms: rowTerms, Tasks: []string{"multiclass"}, Targets: fit.Distributions,
	Eval: func(n spec.Node, y, t, dy []float64) float64 {
		smoothing := heldFloat(n, "label_smoothing")
		s := make([]float64, len(t))
		for j, v := range t {
			s[j] = (1-smoothing)*v + smoothing/float64(len(t))
		}
		return crossEntropy(y, s, dy)
	},
})

// crossEntropy returns −Σ t·ln softmax(y) and writes its gradient.
func crossEntropy(y, t, dy []float64) float64 {
	logp := make([]float64, len(y))
	logSoftmaxRow(logp, y)
	loss, mass := 0.0, 0.0
	for j, v := range t {
		mass += v
		if v != 0 {
			loss -= v * logp[j]
		}
	}
	for j := range dy {
		dy[j] = mass*math.Exp(logp[j]) - t[j]
	}
	return loss
}
