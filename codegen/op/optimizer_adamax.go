package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Adamax is Adam with the infinity norm.
//
//	m ← β₁·m + (1 − β₁)·g,  s ← max(β₂·s, |g| + ε),  w ← w − η/(1 − β₁ᵏ)·m/s
//
// Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015, §7.1.
var Adamax = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "adamax", Doc: "m ← β₁·m + (1 − β₁)·g, s ← max(β₂·s, |g| + ε), w ← w − η/(1 − β₁ᵏ)·m/s.",
		Attrs: []spec.Attr{rate(2e-3), betas, eps(1e-8), decay}},
	States:  states("m", "norm"),
	Runtime: func(n spec.Node) Literal { return Literal{"optim", "Adamax", adamFields(n), false} },
	Update: func(n spec.Node, k int, lr float64) func(p *Point) {
		a, wd := newMoments(n, k), n.Float("weight_decay")
		return func(p *Point) {
			m, s, g := &p.State[0], &p.State[1], p.G+wd*p.W
			*m = a.b1**m + (1-a.b1)*g
			*s = math.Max(a.b2**s, math.Abs(g)+a.eps)
			p.W -= lr / a.c1 * *m / *s
		}
	},
})
