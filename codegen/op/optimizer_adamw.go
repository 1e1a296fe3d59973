package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// AdamW is Adam with decoupled weight decay: w shrinks by 1 − η·λ first.
//
// Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
var AdamW = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "adamw", Doc: "Adam with decoupled weight decay.",
		Attrs: []spec.Attr{rate(1e-3), betas, eps(1e-8), decoupled}},
	States:  states("m", "v"),
	Runtime: func(n spec.Node) Literal { return Literal{"optim", "AdamW", adamFields(n), false} },
	Update: func(n spec.Node, k int, lr float64) func(p *Point) {
		a, wd := newMoments(n, k), n.Float("weight_decay")
		return func(p *Point) {
			p.W -= lr * wd * p.W
			m, v := a.move(p, p.G)
			p.W -= lr * m / (math.Sqrt(v) + a.eps)
		}
	},
})
