package emit

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// lookupEmitters holds those of the primitives in ir/lookup.go.
var lookupEmitters = map[*ir.Prim]emitter{
	ir.LookupPrim: (*body).emitLookup,
	ir.LookupGrad: (*body).emitLookupGrad,
}

// emitLookup yields one call, for 16 tokens of a vocabulary of 28:
//
//	lookup.Rows(n*16, 28, 24, lookup.None, a.s1[:n*384], x, p.EmbeddingW[:])
func (b *body) emitLookup(n *ir.Node) string {
	w := n.Args[1].Shape
	return fmt.Sprintf("@lookup.Rows(%s, %d, %d, %s, %s)", b.count(n.Args[0], 1), w[0], w[1], padding(n), b.list(n.Results, n.Args))
}

func (b *body) emitLookupGrad(n *ir.Node) string {
	w := n.Results[0].Shape
	return fmt.Sprintf("@lookup.RowsGrad(%s, %d, %d, %s, %s)", b.count(n.Args[1], 1), w[0], w[1], padding(n), b.list(n.Results, n.Args))
}

// padding returns the text of the token whose row counts as 0.
func padding(n *ir.Node) string {
	if p := n.Int("padding"); p >= 0 {
		return fmt.Sprint(p)
	}
	return "@lookup.None"
}
