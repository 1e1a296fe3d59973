package plan

import (
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// Axes in another order, products within examples, choices between values, and reductions of masked steps.
var _ = kernels(
	transpose(ir.TransposePrim),

	// gemm.BatchNT(n, 4, 5, 16, a.s1[:n*64], a.s2[:n*80], a.s3[:n*20])
	Kernel{Name: "batch_gemm", Prim: ir.BatchGemm, Calls: suffixed("gemm", "Batch", strings.ToUpper, ir.BatchGemm.F),
		Call: func(b *builder, node *ir.Node) []Stmt {
			m, n, k := ir.BatchExtents(node)
			return call("gemm", "Batch"+strings.ToUpper(node.F), b.rows(node.Results[0], m*n), Int(m), Int(n), Int(k),
				b.refs(node.Args, node.Results))
		}},

	elementwise(ir.SubPrim, "Sub"),
	elementwise(ir.MaximumPrim, "Max"),
	elementwise(ir.MinimumPrim, "Min"),

	// vec.WhereGreater(dx, dy, a, b)
	Kernel{Name: "where", Prim: ir.WherePrim, Calls: suffixed("vec", "Where", goName, ir.WherePrim.F),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("vec", "Where"+goName(n.F), b.refs(n.Results, n.Args))
		}},

	clipping(ir.ClipPrim, "Clip"),
	clipping(ir.ClipGrad, "ClipGrad"),

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

	maskedPool(ir.MaskedMax, "MaskedMax", 1),
	maskedPool(ir.MaskedMaxGrad, "MaskedMaxGrad", 2),
	maskedPool(ir.MaskedAverage, "MaskedAverage", 1),
	maskedPool(ir.MaskedAverageGrad, "MaskedAverageGrad", 1),
)

// transpose calls a function that gives axes another order:
//
//	layout.Transpose(n, []int{3, 24}, []int{1, 3}, a.s1[:n*72], x)
func transpose(prim *ir.Prim) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("layout", "Transpose"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			w := ir.Walk(n)
			return call("layout", "Transpose", b.rows(n.Args[0], n.Args[0].Shape.Size()), Ints(w.Extents), Ints(w.Strides),
				b.refs(n.Results, n.Args))
		}}
}

// suffixed lists the functions of a package that end in the names of some functions.
func suffixed(pkg, name string, spell func(string) string, functions []string) []Callee {
	var all []Callee
	for _, f := range functions {
		all = append(all, Callee{Pkg: pkg, Name: name + spell(f)})
	}
	return all
}

// clipping calls a function with two bounds:
//
//	vec.Clip(a.s1[:n*32], a.s1[:n*32], 0, 6)
func clipping(prim *ir.Prim, name string) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("vec", name), Call: func(b *builder, n *ir.Node) []Stmt {
		return call("vec", name, b.refs(n.Results, n.Args), Real(n.Float("lo")), Real(n.Float("hi")))
	}}
}

// maskedPool calls a function on the steps that a mask, some argument of the node, keeps:
//
//	pool.MaskedMax(n, 16, 8, a.s2[:n*8], a.s1[:n*128], xMask)
func maskedPool(prim *ir.Prim, name string, mask int) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("pool", name), Call: func(b *builder, n *ir.Node) []Stmt {
		m := n.Args[mask]
		return call("pool", name, b.rows(m, last(m)), Int(last(m)), Int(last(n.Results[0])), b.refs(n.Results, n.Args))
	}}
}
