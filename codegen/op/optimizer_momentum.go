package op

import (
	"github.com/nngen/nngen/spec"
)

// Momentum is gradient descent with a velocity, in PyTorch's form (SGD with a momentum) or in the classical one.
//
//	v ← g at the first step, else μ·v + (1 − dampening)·g;  w ← w − η·v
//	classical:  v ← μ·v + η·g,  w ← w − v
//
// Source of the latter: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
var Momentum = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "momentum",
		Doc: "v ← μ·v + (1 − dampening)·g, at the first step v ← g as in PyTorch, w ← w − η·v; or classical, as in Keras: " +
			"v ← μ·v + η·g, w ← w − v.", Attrs: []spec.Attr{
			rate(1e-3), fraction("momentum", 0.9, "μ: what is kept of the velocity."),
			fraction("dampening", 0, "Share of the gradient that is left out, but in the first step."),
			{Name: "classical", Type: spec.Bool, Default: false,
				Doc: "Whether η goes into the velocity, which differs where η varies."}, decay}},
	States: states("velocity"),
	Runtime: func(n spec.Node) Literal {
		return Literal{"optim", "Momentum", []Field{
			floatField(n, "Momentum", "momentum"), floatField(n, "Dampening", "dampening"),
			{"Classical", n.Bool("classical")}, weightDecay(n)}, false}
	},
	Update: func(n spec.Node, k int, lr float64) func(p *Point) {
		mu, take, wd := n.Float("momentum"), 1-n.Float("dampening"), n.Float("weight_decay")
		if k == 1 {
			take = 1
		}
		return func(p *Point) {
			v, g := &p.State[0], p.G+wd*p.W
			if n.Bool("classical") {
				*v = mu**v + lr*g
				p.W -= *v
				return
			}
			*v = mu**v + take*g
			p.W -= lr * *v
		}
	},
})
