package op

import (
	"math"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Huber is a squared error near 0 and an absolute one beyond delta.
//
//	e²/2 where |e| ≤ δ, else δ·(|e| − δ/2), with e = y − t
//
// Source: Huber, Robust estimation of a location parameter, 1964.
var Huber = defineLoss(Loss{
	Kind: spec.Kind{Name: "huber", Doc: "Squared error near 0, absolute error beyond delta (Huber 1964).",
		Short: "delta", Attrs: []spec.Attr{
			{Name: "delta", Type: spec.Float, Default: 1.0, Min: spec.Bound(0), OpenMin: true,
				Doc: "Where the square becomes a line."}}},
	Prim: "huber", Args: func(n spec.Node) []float64 { return []float64{n.Float("delta")} },
	Terms: fewTerms, Tasks: []string{"regression"}, Targets: fit.Numbers,
	Eval: meanOf(func(n spec.Node, y, t float64) (float64, float64) {
		e, delta := y-t, heldFloat(n, "delta")
		if math.Abs(e) <= delta {
			return e * e / 2, e
		}
		return delta * (math.Abs(e) - delta/2), delta * sign(e)
	}),
})
