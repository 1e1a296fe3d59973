package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// RMSProp divides by the root of the running mean of squares.
//
//	s ← α·s + (1 − α)·g²,  u = g/(√s + ε),  w ← w − η·u
//	centered:  m ← m + (1 − α)·(g − m), and s − m² in place of s
//	momentum:  v ← μ·v + u, and v in place of u
//
// Source: Hinton, Neural networks for machine learning, lecture 6e, 2012; Graves, Generating sequences with recurrent
// neural networks, 2013, for the centered form.
var RMSProp = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "rmsprop",
		Doc: "s ← α·s + (1 − α)·g², w ← w − η·g/(√s + ε); optionally centered, and with momentum.", Attrs: []spec.Attr{
			rate(1e-2), fraction("alpha", 0.99, "α: decay of the running mean of g²."), eps(1e-8),
			fraction("momentum", 0, "What is kept of the velocity."),
			{Name: "centered", Type: spec.Bool, Default: false, Doc: "Whether the squared mean of g is taken from s."}, decay}},
	States: func(n spec.Node) []string {
		return []string{"square", stateIf(n.Bool("centered"), "mean"), stateIf(n.Float("momentum") > 0, "velocity")}
	},
	Runtime: func(n spec.Node) Literal {
		return Literal{"optim", "RMSProp", []Field{floatField(n, "Alpha", "alpha"), floatField(n, "Eps", "eps"),
			floatField(n, "Momentum", "momentum"),
			{"Centered", n.Bool("centered")}, weightDecay(n)}, false}
	},
	Update: func(n spec.Node, _ int, lr float64) func(p *Point) {
		alpha, eps, mu, wd := n.Float("alpha"), n.Float("eps"), n.Float("momentum"), n.Float("weight_decay")
		return func(p *Point) {
			s, g := &p.State[0], p.G+wd*p.W
			*s = alpha**s + (1-alpha)*g*g
			spread := *s
			if n.Bool("centered") {
				m := &p.State[1]
				*m += (1 - alpha) * (g - *m)
				spread = math.Max(spread-*m**m, 0)
			}
			step := g / (math.Sqrt(spread) + eps)
			if mu > 0 {
				v := &p.State[len(p.State)-1]
				*v = mu**v + step
				step = *v
			}
			p.W -= lr * step
		}
	},
})
