package op

import (
	"github.com/nngen/nngen/spec"
)

// Nesterov looks ahead along the velocity: PyTorch's SGD with nesterov.
//
//	v ← μ·v + g,  w ← w − η·(g + μ·v)
//
// Source: Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.
var Nesterov = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "nesterov", Doc: "v ← μ·v + g, w ← w − η·(g + μ·v).", Attrs: []spec.Attr{
		rate(1e-3), fraction("momentum", 0.9, "μ: what is kept of the velocity."), decay}},
	States: states("velocity"),
	Runtime: func(n spec.Node) Literal {
		return Literal{"optim", "Nesterov", []Field{floatField(n, "Momentum", "momentum"), weightDecay(n)}, false}
	},
	Update: func(n spec.Node, _ int, lr float64) func(p *Point) {
		mu, wd := n.Float("momentum"), n.Float("weight_decay")
		return func(p *Point) {
			v, g := &p.State[0], p.G+wd*p.W
			*v = mu**v + g
			p.W -= lr * (g + mu**v)
		}
	},
})
