package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// NAdam is Adam with Nesterov's momentum, whose μ grows: μ(t) = β₁·(1 − 0.96^(t·ψ)/2).
//
//	w ← w − η·((1 − μ(k))/(1 − Πμ(1…k))·g + μ(k + 1)/(1 − Πμ(1…k + 1))·m)/(√v̂ + ε)
//
// Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.
var NAdam = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "nadam", Doc: "Adam with Nesterov's momentum.", Attrs: []spec.Attr{rate(2e-3), betas, eps(1e-8),
		{Name: "momentum_decay", Type: spec.Float, Default: 4e-3, Min: nonNegative, Doc: "ψ of the momentum schedule."},
		decay}},
	States: states("m", "v"),
	Runtime: func(n spec.Node) Literal {
		return Literal{"optim", "NAdam", append(adamFields(n), floatField(n, "MomentumDecay", "momentum_decay")), false}
	},
	Update: func(n spec.Node, k int, lr float64) func(p *Point) {
		a, wd, psi := newMoments(n, k), n.Float("weight_decay"), n.Float("momentum_decay")
		mu := func(t int) float64 { return a.b1 * (1 - 0.5*math.Pow(0.96, float64(t)*psi)) }
		product := 1.0
		for t := 1; t <= k; t++ {
			product *= mu(t)
		}
		direct, ahead := (1-mu(k))/(1-product), mu(k+1)/(1-product*mu(k+1))
		return func(p *Point) {
			g := p.G + wd*p.W
			_, v := a.move(p, g)
			p.W -= lr * (direct*g + ahead*p.State[0]) / (math.Sqrt(v) + a.eps)
		}
	},
})
