package op

import (
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Hinge is max(0, 1 − s·y) with s = 1 for targets above 0, else −1, of linear scores.
var Hinge = defineLoss(Loss{
	Kind: spec.Kind{Name: "hinge", Doc: "max(0, 1 − s·y) with s = 1 for targets above 0, else −1, of linear scores."},
	Prim: "hinge", Exact: wholeLoss, Terms: fewTerms, Tasks: []string{"binary"}, Targets: fit.Sides,
	Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) {
		s := side(t)
		if 1-s*y > 0 {
			return 1 - s*y, -s
		}
		return 0, 0
	}),
})
