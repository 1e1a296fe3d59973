package op

import "github.com/nngen/nngen/spec"

// Lion takes steps of one size, in the direction that the sign of a running mean of gradients gives.
//
//	w ← (1 − η·λ)·w − η·sign(β₁·m + (1 − β₁)·g),  m ← β₂·m + (1 − β₂)·g
//
// Source: Chen et al., Symbolic discovery of optimization algorithms, 2023, program 1.
var Lion = defineOptimizer(Optimizer{
	Kind: spec.Kind{Name: "lion", Doc: "w ← (1 − η·λ)·w − η·sign(β₁·m + (1 − β₁)·g), m ← β₂·m + (1 − β₂)·g.",
		Attrs: []spec.Attr{
			rate(1e-4), betaAttr(0.9, 0.99, "β₁, β₂: decay of the mean of g in the direction, and of the one that is kept."),
			{Name: "weight_decay", Type: spec.Float, Default: 0.0, Min: nonNegative,
				Doc: "λ: each step first shrinks w by lr times this."}}},
	States: states("m"),
	Runtime: func(n spec.Node) Literal {
		b := n.Floats("betas")
		return Literal{"optim", "Lion", []Field{{"Beta1", b[0]}, {"Beta2", b[1]}, weightDecay(n)}, false}
	},
	Update: func(n spec.Node, _ int, lr float64) func(p *Point) {
		b, shrink := n.Floats("betas"), 1-lr*n.Float("weight_decay")
		return func(p *Point) {
			m := &p.State[0]
			p.W = p.W*shrink - lr*sign(b[0]**m+(1-b[0])*p.G)
			*m = b[1]**m + (1-b[1])*p.G
		}
	},
})
