package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Adagrad divides by the root of the sum of all squares so far.
//
//	s ← s + g²,  w ← w − η/(1 + (k − 1)·lr_decay)·g/(√s + ε)
//
// Source: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization, 2011.
var Adagrad = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "adagrad", Doc: "s ← s + g², w ← w − η/(1 + (k − 1)·lr_decay)·g/(√s + ε).", Attrs: []spec.Attr{
		rate(1e-2), {Name: "lr_decay", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "Decay of η with the step k."},
		{Name: "initial_accumulator_value", Type: spec.Float, Default: 0.0, Min: nonNegative,
			Doc: "s before the first step."}, eps(1e-10), decay}},
	States: states("sum"),
	Runtime: func(n spec.Node) Literal {
		return Literal{"optim", "Adagrad", []Field{floatField(n, "LRDecay", "lr_decay"),
			floatField(n, "InitialAccumulator", "initial_accumulator_value"),
			floatField(n, "Eps", "eps"), weightDecay(n)}, false}
	},
	Update: func(n spec.Node, k int, lr float64) func(p *Point) {
		eps, wd, start := n.Float("eps"), n.Float("weight_decay"), n.Float("initial_accumulator_value")
		lr /= 1 + float64(k-1)*n.Float("lr_decay")
		return func(p *Point) {
			s, g := &p.State[0], p.G+wd*p.W
			if k == 1 {
				*s = start
			}
			*s += g * g
			p.W -= lr * g / (math.Sqrt(*s) + eps)
		}
	},
})
