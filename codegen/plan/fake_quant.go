package plan

import "github.com/nngen/nngen/codegen/ir"

// Quantisation-aware training: package quant of the runtime.
var _ = kernels(
	// quant.FakeTrain(a.s2[:n*32], a.s1[:n*32], p.Stats.H1Range[:], 0.01, 0)
	Kernel{Name: "fake_quant.train", Prim: ir.FakeQuantTrain, Calls: of("quant", "FakeTrain"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("quant", "FakeTrain", b.refs(n.Results, n.Args), Real(n.Float("momentum")), Int(n.Int("steps")))
		}},

	// quant.FakeGrad(a.s3[:n*32], dy, x, p.Stats.H1Range[:])
	elements("fake_quant.grad", ir.FakeQuantGrad, "FakeGrad"),

	// quant.FakeWeights(32, a.s4[:], p.H1W[:])
	Kernel{Name: "fake_quant.weights", Prim: ir.FakeQuantWeights, Calls: of("quant", "FakeWeights"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("quant", "FakeWeights", Int(n.Int("channels")), b.refs(n.Results, n.Args))
		}},
)
