package op

import (
	"math"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// The focal losses are cross-entropies that count less where the output is right already, so that many easy examples do
// not outweigh the hard ones.
//
// Source: Lin et al., Focal loss for dense object detection, 2017.
var (
	// BinaryFocalCrossEntropy is that of sigmoid units, computed from their scores.
	//
	//	b·qᵞ·c,  c = −t·ln p − (1 − t)·ln(1 − p),  q = (1 − t)·p + t·(1 − p),  b = α·t + (1 − α)·(1 − t)
	//
	// It is sigmoid_focal_loss of torchvision, and BinaryFocalCrossentropy of Keras with class balancing.
	BinaryFocalCrossEntropy = defineLoss(Loss{
		Kind: spec.Kind{Name: "binary_focal_crossentropy",
			Doc: "Cross-entropy of sigmoid units times α·(1 − p)^γ, p being that of the right answer (Lin et al. 2017).",
			Attrs: []spec.Attr{focusAttr, {Name: "alpha", Type: spec.Float, Default: 0.25, Min: spec.Bound(-1),
				Max: spec.Bound(1), Doc: "α: weight of the targets that are 1, those that are 0 having 1 − α; below 0 for none."}}},
		Prim: "binary_focal_crossentropy_logits", Args: focalArgs, Final: "sigmoid", Terms: focalTerms,
		Tasks: []string{"binary"}, Targets: fit.Probabilities,
		Eval: meanOf(func(n spec.Node, y, t float64) (float64, float64) {
			gamma, alpha := heldFloat(n, "gamma"), heldFloat(n, "alpha")
			p, rest := sigmoid(y), sigmoid(-y)
			cross, miss, balance := t*softplus(-y)+(1-t)*softplus(y), (1-t)*p+t*rest, 1.0
			if alpha >= 0 {
				balance = alpha*t + (1-alpha)*(1-t)
			}
			d := math.Pow(miss, gamma) * (p - t)
			if gamma > 0 {
				d -= gamma * math.Pow(miss, gamma-1) * cross * p * rest * (2*t - 1)
			}
			return balance * math.Pow(miss, gamma) * cross, balance * d
		}),
	})

	// CategoricalFocalCrossEntropy is that of softmax units, computed from their scores: −α·Σ t·(1 − p)ᵞ·ln p, as
	// CategoricalFocalCrossentropy of Keras.
	CategoricalFocalCrossEntropy = defineLoss(Loss{
		Kind: spec.Kind{Name: "categorical_focal_crossentropy",
			Doc: "−Σ α·(1 − p)^γ·t·ln p of softmax units (Lin et al. 2017).",
			Attrs: []spec.Attr{focusAttr, {Name: "alpha", Type: spec.Float, Default: 0.25, Min: spec.Bound(-1),
				Max: spec.Bound(1), Doc: "α: factor of the loss; below 0 for none."}}},
		Prim: "categorical_focal_crossentropy_logits", Args: focalArgs, Final: "softmax", Tasks: []string{"multiclass"},
		Targets: fit.Distributions,
		Terms:   func(width int) int { return rowTerms(width) + focalTerms(width) },
		Eval: func(n spec.Node, y, t, dy []float64) float64 {
			gamma, alpha := heldFloat(n, "gamma"), heldFloat(n, "alpha")
			if alpha < 0 {
				alpha = 1
			}
			logp, loss := make([]float64, len(y)), 0.0
			logSoftmaxRow(logp, y)
			clear(dy)
			for c, v := range t {
				if v == 0 {
					continue
				}
				miss := -math.Expm1(logp[c])
				loss -= alpha * v * math.Pow(miss, gamma) * logp[c]
				slope := -math.Pow(miss, gamma) // p times the derivative by p
				if gamma > 0 && miss > 0 {
					slope += gamma * math.Exp(logp[c]) * math.Pow(miss, gamma-1) * logp[c]
				}
				for j := range dy {
					dy[j] -= alpha * v * slope * math.Exp(logp[j])
				}
				dy[c] += alpha * v * slope
			}
			return loss
		},
	})
)

var focusAttr = spec.Attr{Name: "gamma", Type: spec.Float, Default: 2.0, Min: spec.Bound(0), Max: spec.Bound(10),
	Doc: "γ: how little right answers count; 0 for plain cross-entropy."}

// focalArgs returns γ and α.
func focalArgs(n spec.Node) []float64 { return []float64{n.Float("gamma"), n.Float("alpha")} }

// focalTerms are the roundings of u that a focal loss adds. To first order, for a target of 0 or 1, with q and c rounded
// as sigmoid and softplus are, by 5·u at most (two units in the last place and the sum), and exp and ln by 2·u:
//
//	qᵞ = exp(γ·ln q)        γ·5 + γ·|ln q|·3 + 2
//	qᵞ·(p − t)              q^(γ+1) times that and 7 more
//	γ·qᵞ·c·p·(1 − p)/q      γ·qᵞ·|ln p|·p times that and 20 more
//
// where p is the probability of the right answer, 1 − q. The sum of both lines grows with γ, and is at most 102 for
// γ = 10, the largest, at p = 0.04. 160 has room for the second order and for targets in between, where both terms of
// c and q count.
func focalTerms(int) int { return 160 }
