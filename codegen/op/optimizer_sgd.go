package op

import (
	"github.com/nngen/nngen/spec"
)

// SGD is plain gradient descent.
//
//	w ← w − η·g
var SGD = defineOptimizer(Optimizer{
	Kind:    spec.Kind{Name: "sgd", Doc: "w ← w − η·g.", Short: "lr", Attrs: []spec.Attr{rate(1e-3), decay}},
	Runtime: func(n spec.Node) Literal { return Literal{"optim", "SGD", []Field{weightDecay(n)}, false} },
	Update: func(n spec.Node, _ int, lr float64) func(p *Point) {
		wd := n.Float("weight_decay")
		return func(p *Point) { p.W -= lr * (p.G + wd*p.W) }
	},
})
