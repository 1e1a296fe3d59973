package plan

import (
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// Axes in another order, products within examples, and reductions of masked steps.
var _ = kernels(
	transpose(ir.TransposePrim),

	// gemm.BatchNT(n, 4, 5, 16, a.s1[:n*64], a.s2[:n*80], a.s3[:n*20])
	Kernel{Name: "batch_gemm", Prim: ir.BatchGemm, Calls: suffixed("gemm", "Batch", strings.ToUpper, ir.BatchGemm.F),
		Call: func(b *builder, node *ir.Node) []Stmt {
			m, n, k := ir.BatchExtents(node)
			return call("gemm", "Batch"+strings.ToUpper(node.F), b.rows(node.Results[0], m*n), Int(m), Int(n), Int(k),
				b.refs(node.Args, node.Results))
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

// maskedPool calls a function on the steps that a mask, some argument of the node, keeps:
//
//	pool.MaskedMax(n, 16, 8, a.s2[:n*8], a.s1[:n*128], xMask)
func maskedPool(prim *ir.Prim, name string, mask int) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("pool", name), Call: func(b *builder, n *ir.Node) []Stmt {
		m := n.Args[mask]
		return call("pool", name, b.rows(m, last(m)), Int(last(m)), Int(last(n.Results[0])), b.refs(n.Results, n.Args))
	}}
}
