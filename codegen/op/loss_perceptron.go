package op

import (
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Perceptron is max(0, −s·z) of the sum z before a step unit, s being ±1: plain descent on it is Rosenblatt's rule. It
// is a sum over the units.
//
// Source: Rosenblatt, The perceptron: a probabilistic model for information storage and organization in the brain,
// 1958.
var Perceptron = defineLoss(Loss{
	Kind: spec.Kind{Name: "perceptron",
		Doc: "max(0, −s·z) of the sum z before a step unit: plain descent on it is Rosenblatt's rule."},
	Prim: "perceptron", Final: "step", Exact: wholeLoss, Terms: fewTerms, Tasks: []string{"binary"}, Targets: fit.Sides,
	Eval: func(_ spec.Node, y, t, dy []float64) float64 {
		loss := 0.0
		for j, z := range y {
			s := side(t[j])
			dy[j] = 0
			if (z >= 0) != (s > 0) {
				loss -= s * z
				dy[j] = -s
			}
		}
		return loss
	},
})
