package emit

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// arrangeEmitters holds those of the primitives in ir/arrange.go and ir/batch_gemm.go.
var arrangeEmitters = map[*ir.Prim]emitter{
	ir.TransposePrim: (*body).emitTranspose,
	ir.BatchGemm:     (*body).emitBatchGemm,
}

// emitTranspose yields one call, for images of 4×6×3 whose channels come first:
//
//	layout.Transpose(n, []int{3, 24}, []int{1, 3}, a.s1[:n*72], x)
func (b *body) emitTranspose(n *ir.Node) string {
	w := ir.Walk(n)
	return fmt.Sprintf("@layout.Transpose(%s, %s, %s, %s)", b.rows, ints(w.Extents), ints(w.Strides), b.list(n.Results, n.Args))
}

// ints returns the text of a list of numbers.
func ints(x []int) string {
	return "[]int{" + strings.Trim(strings.ReplaceAll(fmt.Sprint(x), " ", ", "), "[]") + "}"
}

// emitBatchGemm yields one call, for the products of 4 rows with 5:
//
//	gemm.BatchNT(n, 4, 5, 16, a.s1[:n*64], a.s2[:n*80], a.s3[:n*20])
func (b *body) emitBatchGemm(node *ir.Node) string {
	m, n, k := ir.BatchExtents(node)
	return fmt.Sprintf("@gemm.Batch%s(%s, %d, %d, %d, %s)", strings.ToUpper(node.F), b.count(node.Results[0], m*n), m, n, k,
		b.list(node.Args, node.Results))
}
