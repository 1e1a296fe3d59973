package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Adam divides the running mean of gradients by the root of that of their squares, both corrected for their start at 0.
//
//	m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²,  m̂ = m/(1 − β₁ᵏ),  v̂ = v/(1 − β₂ᵏ)
//	w ← w − η·m̂/(√v̂ + ε)
//
// Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015.
var Adam = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "adam", Doc: "m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − η·m̂/(√v̂ + ε).",
		Attrs: []spec.Attr{rate(1e-3), betas, eps(1e-8), decay}},
	States:  states("m", "v"),
	Runtime: func(n spec.Node) Literal { return Literal{"optim", "Adam", adamFields(n), false} },
	Update: func(n spec.Node, k int, lr float64) func(p *Point) {
		a, wd := newMoments(n, k), n.Float("weight_decay")
		return func(p *Point) {
			m, v := a.move(p, p.G+wd*p.W)
			p.W -= lr * m / (math.Sqrt(v) + a.eps)
		}
	},
})

// moments are the running means of optimizers like Adam, the first two states.
type moments struct{ b1, b2, c1, c2, eps float64 }

func newMoments(n spec.Node, k int) moments {
	b := n.Floats("betas")
	return moments{b[0], b[1], 1 - math.Pow(b[0], float64(k)), 1 - math.Pow(b[1], float64(k)), n.Float("eps")}
}

// move takes a gradient into the means and returns them, corrected for their start at 0.
func (a *moments) move(p *Point, g float64) (m, v float64) {
	p.State[0] = a.b1*p.State[0] + (1-a.b1)*g
	p.State[1] = a.b2*p.State[1] + (1-a.b2)*g*g
	return p.State[0] / a.c1, p.State[1] / a.c2
}
