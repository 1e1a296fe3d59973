package plan

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/norm"
)

// Normalizations: package norm of the runtime.
var _ = kernels(
	// norm.LayerNorm(n, 32, y, x, γ, β, mean, rstd, 1e-05)
	Kernel{Name: "layer_norm", Prim: ir.LayerNormPrim, Calls: of("norm", "LayerNorm"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "LayerNorm", b.vectors(n, 1), b.refs(n.Results[:1], n.Args, n.Results[1:]),
				Real(n.Float("epsilon")))
		}},

	// norm.RMSNorm(n, 32, y, x, γ, r, 1e-05)
	Kernel{Name: "rms_norm", Prim: ir.RMSNormPrim, Calls: of("norm", "RMSNorm"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "RMSNorm", b.vectors(n, 1), b.refs(n.Results[:1], n.Args, n.Results[1:]),
				Real(n.Float("epsilon")))
		}},

	// norm.RMSNormGrad(n, 32, dx, dγ, dy, x, γ, r)
	Kernel{Name: "rms_norm.grad", Prim: ir.RMSNormGrad, Calls: of("norm", "RMSNormGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "RMSNormGrad", b.vectors(n, 2), b.refs(n.Results, n.Args))
		}},

	// norm.LayerNormGrad(n, 32, dx, dγ, dβ, dy, x, γ, mean, rstd, false)
	Kernel{Name: "layer_norm.grad", Prim: ir.LayerNormGrad, Calls: of("norm", "LayerNormGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "LayerNormGrad", b.vectors(n, 2), b.refs(n.Results, n.Args), Flag(false))
		}},

	// norm.BatchNormTrain(n, 32, y, x, γ, β, mean, rstd, running mean, running variance, 0.1, 1e-05)
	Kernel{Name: "batch_norm.train", Prim: ir.BatchNormTrain, Calls: of("norm", "BatchNormTrain"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "BatchNormTrain", b.vectors(n, 1), b.refs(n.Results[:1], n.Args[:3], n.Results[1:], n.Args[3:]),
				Real(n.Float("momentum")), Real(n.Float("epsilon")))
		}},

	// norm.BatchNormGrad(n, 32, dx, dγ, dβ, dy, x, γ, mean, rstd, false)
	Kernel{Name: "batch_norm.grad", Prim: ir.BatchNormGrad, Calls: of("norm", "BatchNormGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "BatchNormGrad", b.vectors(n, 2), b.refs(n.Results, n.Args), Flag(false))
		}},

	// norm.BatchNormApply(n, 32, y, x, γ, β, mean, rstd)
	Kernel{Name: "batch_norm.apply", Prim: ir.BatchNormApply, Calls: of("norm", "BatchNormApply"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "BatchNormApply", b.vectors(n, 1), b.refs(n.Results, n.Args))
		}},

	// norm.BatchNormSums(n, 32, dγ, dβ, a, b, dy, x, mean, rstd)
	Kernel{Name: "batch_norm.sums", Prim: ir.BatchNormSums, Calls: of("norm", "BatchNormSums"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "BatchNormSums", b.vectors(n, 2), b.refs(n.Results, n.Args))
		}},

	// norm.BatchNormDX(n, 32, dx, dy, x, γ, mean, rstd, a, b)
	Kernel{Name: "batch_norm.dx", Prim: ir.BatchNormDX, Calls: of("norm", "BatchNormDX"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "BatchNormDX", b.vectors(n, 2), b.refs(n.Results, n.Args))
		}},

	// norm.BatchNormInfer(n, 32, y, x, γ, β, mean, variance, 1e-05)
	Kernel{Name: "batch_norm.infer", Prim: ir.BatchNormInfer, Calls: of("norm", "BatchNormInfer"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("norm", "BatchNormInfer", b.vectors(n, 1), b.refs(n.Results, n.Args), Real(n.Float("epsilon")))
		}},

	// norm.GroupNorm(n, 64, 8, 2, y, x, γ, nil, mean, rstd, 1e-05)
	Kernel{Name: "group_norm", Prim: ir.GroupNormPrim, Calls: of("norm", "GroupNorm"),
		Scratch: func(_ *builder, n *ir.Node, _ int) []int { return norm.GroupNormScratch(last(n.Args[0])) },
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, learned := n.Args[0], n.Args[1:]
			var gamma, beta *ir.Value
			if n.Bool("scale") {
				gamma, learned = learned[0], learned[1:]
			}
			if n.Bool("center") {
				beta = learned[0]
			}
			return call("norm", "GroupNorm", b.grouped(n, x), b.ref(n.Results[0]), b.ref(x), b.optional(gamma, beta),
				b.refs(n.Results[1:]), Real(n.Float("epsilon")))
		}},

	// norm.GroupNormGrad(n, 64, 8, 2, dx, dγ, dβ, dy, x, γ, mean, rstd)
	Kernel{Name: "group_norm.grad", Prim: ir.GroupNormGrad, Calls: of("norm", "GroupNormGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			var gamma *ir.Value
			if len(n.Args) == 5 {
				gamma = n.Args[4]
			}
			return call("norm", "GroupNormGrad", b.grouped(n, n.Args[1]), b.refs(n.Results, n.Args[:2]),
				b.optional(gamma), b.refs(n.Args[2:4]))
		}},

	// norm.UnitNorm(n, 32, y, x, r, 1e-12)
	Kernel{Name: "unit_norm", Prim: ir.UnitNormPrim, Calls: of("norm", "UnitNorm"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			width := last(n.Args[0])
			return call("norm", "UnitNorm", b.rows(n.Args[0], width), Int(width),
				b.refs(n.Results[:1], n.Args, n.Results[1:]), Real(n.Float("epsilon")))
		}},
	// norm.UnitNormGrad(n, 32, dx, dy, …, 1e-12)
	Kernel{Name: "unit_norm.grad", Prim: ir.UnitNormGrad, Calls: of("norm", "UnitNormGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			width := last(n.Args[0])
			return call("norm", "UnitNormGrad", b.rows(n.Args[0], width), Int(width),
				b.refs(n.Results, n.Args), Real(n.Float("epsilon")))
		}},
)

// vectors returns rows and width of what is normalized with the vector that is some argument.
func (b *builder) vectors(n *ir.Node, vector int) []Arg {
	width := n.Args[vector].Shape.Size()
	return []Arg{b.rows(n.Args[0], width), Int(width)}
}

// grouped returns examples, steps, channels and groups.
func (b *builder) grouped(n *ir.Node, x *ir.Value) []Arg {
	steps, c := n.Int("steps"), last(x)
	return []Arg{b.rows(x, steps*c), Int(steps), Int(c), Int(n.Int("groups"))}
}
