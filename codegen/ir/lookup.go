package ir

import (
	"fmt"
	"slices"
)

// The primitives of tokens: whole numbers held as float32, each of which names a row of a table.
var (
	LookupPrim = row(Prim{Name: "lookup", Stream: StreamElements, Doc: "y[i] = w[x[i]], 0 where x[i] is padding", Args: 2,
		Attrs: []string{"padding int"}, Infer: func(n *Node) ([]Shape, error) {
			x, w := n.Args[0].Shape, n.Args[1].Shape
			if len(w) != 2 {
				return nil, fmt.Errorf("a table %s", w)
			}
			return []Shape{append(slices.Clone(x), w[1])}, nil
		}})

	LookupGrad = row(Prim{Name: "lookup.grad", Stream: StreamNever, NoVJP: true, Doc: "dw of lookup from dy, x", Args: 2,
		Attrs: []string{"rows int", "padding int"}, Infer: func(n *Node) ([]Shape, error) {
			dy := n.Args[0].Shape
			return []Shape{{n.Int("rows"), dy[len(dy)-1]}}, nil
		}})
)

// Lookup returns the rows of a table that tokens name; padding is the token whose row counts as 0, −1 for none.
func (b *Builder) Lookup(x, w *Value, padding int) *Value {
	return b.one(LookupPrim, "", []*Value{x, w}, "padding", padding)
}

func init() {
	LookupPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{nil, b.one(LookupGrad, "", []*Value{dy[0], n.Args[0]}, "rows", n.Args[1].Shape[0],
			"padding", n.Int("padding"))}
	}
}
