package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Adadelta gives steps the size of earlier ones.
//
//	s ← ρ·s + (1 − ρ)·g²,  Δ = √(d + ε)/√(s + ε)·g,  d ← ρ·d + (1 − ρ)·Δ²,  w ← w − η·Δ
//
// Source: Zeiler, ADADELTA: an adaptive learning rate method, 2012.
var Adadelta = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "adadelta",
		Doc: "s ← ρ·s + (1 − ρ)·g², Δ = √(d + ε)/√(s + ε)·g, d ← ρ·d + (1 − ρ)·Δ², w ← w − η·Δ.", Attrs: []spec.Attr{
			rate(1), fraction("rho", 0.9, "ρ: decay of both running means."), eps(1e-6), decay}},
	States: states("square", "delta"),
	Runtime: func(n spec.Node) Literal {
		return Literal{"optim", "Adadelta", []Field{floatField(n, "Rho", "rho"), floatField(n, "Eps", "eps"), weightDecay(n)},
			false}
	},
	Update: func(n spec.Node, _ int, lr float64) func(p *Point) {
		rho, eps, wd := n.Float("rho"), n.Float("eps"), n.Float("weight_decay")
		return func(p *Point) {
			s, d, g := &p.State[0], &p.State[1], p.G+wd*p.W
			*s = rho**s + (1-rho)*g*g
			delta := math.Sqrt(*d+eps) / math.Sqrt(*s+eps) * g
			*d = rho**d + (1-rho)*delta*delta
			p.W -= lr * delta
		}
	},
})
