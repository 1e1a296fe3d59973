package op

import (
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Pinball is the loss whose least expectation a quantile has.
//
//	max(τ·(t − y), (τ − 1)·(t − y)), for as many blocks of units as there are quantiles τ
//
// Its derivative at 0 is 0. Source: Koenker and Bassett, Regression quantiles, Econometrica 46(1), 1978.
var Pinball = defineLoss(Loss{
	Kind: spec.Kind{Name: "pinball",
		Doc: "Loss of quantiles q: max(q·(t − y), (q − 1)·(t − y)) (Koenker and Bassett 1978); output: {quantiles: […]} " +
			"sets it up.", Short: "quantiles",
		Attrs: []spec.Attr{{Name: "quantiles", Type: spec.Floats, Default: []float64{0.5}, Min: spec.Bound(0),
			Max: spec.Bound(1), OpenMin: true, OpenMax: true,
			Doc: "The quantiles, each for one of as many blocks of units."}}},
	Prim: "pinball", Args: func(n spec.Node) []float64 { return n.Floats("quantiles") },
	Terms: fewTerms, Tasks: []string{"regression"}, Targets: fit.Numbers,
	Eval: func(n spec.Node, y, t, dy []float64) float64 {
		quantiles := n.Floats("quantiles")
		block, sum := len(y)/len(quantiles), 0.0
		for j := range y {
			tau, d := float64(float32(quantiles[j/block])), t[j]-y[j]
			slope := 0.0
			switch {
			case d > 0:
				slope = -tau
			case d < 0:
				slope = 1 - tau
			}
			sum -= slope * d
			dy[j] = slope / float64(len(y))
		}
		return sum / float64(len(y))
	},
})
