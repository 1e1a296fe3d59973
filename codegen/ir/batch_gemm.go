package ir

import (
	"fmt"
	"slices"
)

// BatchGemm multiplies the matrices of each example, the last two axes of both arguments: nn gives a·b, nt a·bᵀ, tn
// aᵀ·b.
var BatchGemm = row(Prim{Name: "batch_gemm", Stream: StreamNever,
	Doc: "c = a·b, a·bᵀ or aᵀ·b for the matrices of each example", F: []string{"nn", "nt", "tn"}, Args: 2,
	Infer: func(n *Node) ([]Shape, error) {
		a, b := n.Args[0].Shape, n.Args[1].Shape
		last := len(a) - 1
		if last < 2 || len(b) != len(a) || !slices.Equal(a[:last-1], b[:last-1]) {
			return nil, fmt.Errorf("matrices %s and %s", a, b)
		}
		d, ok := batchExtents(n)
		if !ok {
			return nil, fmt.Errorf("inner extents of %s and %s differ", a, b)
		}
		return []Shape{append(slices.Clone(a[:last-1]), d[0], d[1])}, nil
	}})

// batchExtents returns rows, columns and inner extent of a product of matrices, and whether the arguments agree in
// that.
func batchExtents(n *Node) ([3]int, bool) {
	a, b := n.Args[0].Shape, n.Args[1].Shape
	last := len(a) - 1
	ar, ac, br, bc := a[last-1], a[last], b[last-1], b[last]
	switch n.F {
	case "nt":
		return [3]int{ar, br, ac}, ac == bc
	case "tn":
		return [3]int{ac, bc, ar}, ar == br
	}
	return [3]int{ar, bc, ac}, ac == br
}

// BatchExtents returns rows m and columns n of the product of each example, and the inner extent k.
func BatchExtents(node *Node) (m, n, k int) {
	d, _ := batchExtents(node)
	return d[0], d[1], d[2]
}

// BatchGemm returns the products of the matrices of each example in one of the forms nn, nt and tn.
func (b *Builder) BatchGemm(form string, x, y *Value) *Value {
	return b.one(BatchGemm, form, []*Value{x, y})
}

func init() {
	BatchGemm.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		x, y, d := n.Args[0], n.Args[1], dy[0]
		switch n.F {
		case "nt":
			return []*Value{b.BatchGemm("nn", d, y), b.BatchGemm("tn", d, x)}
		case "tn":
			return []*Value{b.BatchGemm("nt", y, d), b.BatchGemm("nn", x, d)}
		}
		return []*Value{b.BatchGemm("nt", d, y), b.BatchGemm("tn", x, d)}
	}
}
