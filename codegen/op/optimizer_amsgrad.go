package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// AMSGrad is Adam with the largest of all v so far.
//
// Source: Reddi, Kale and Kumar, On the convergence of Adam and beyond, 2018.
var AMSGrad = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "amsgrad", Doc: "Adam with the maximum of all v so far.",
		Attrs: []spec.Attr{rate(1e-3), betas, eps(1e-8), decay}},
	States:  states("m", "v", "vmax"),
	Runtime: func(n spec.Node) Literal { return Literal{"optim", "AMSGrad", adamFields(n), false} },
	Update: func(n spec.Node, k int, lr float64) func(p *Point) {
		a, wd := newMoments(n, k), n.Float("weight_decay")
		return func(p *Point) {
			m, _ := a.move(p, p.G+wd*p.W)
			p.State[2] = math.Max(p.State[2], p.State[1])
			p.W -= lr * m / (math.Sqrt(p.State[2]/a.c2) + a.eps)
		}
	},
})
