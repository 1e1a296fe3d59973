package ir

import (
	"fmt"
	"slices"
)

// The primitives of attention work on the last two axes: steps, and the columns of all heads side by side. All axes
// before those are rows.
var (
	AttentionPrim = row(Prim{Name: "attention", Doc: "softmax(q·kᵀ/√d)·v for each head, d being its columns", Args: 3, Attrs: []string{"heads", "causal"},
		Infer: func(n *Node) ([]Shape, error) {
			q, k, v := n.Args[0].Shape, n.Args[1].Shape, n.Args[2].Shape
			last := len(q) - 1
			if len(q) < 3 || len(k) != len(q) || !k.Equal(v) || q[last] != k[last] || q[last]%max(1, n.Int("heads")) != 0 || !slices.Equal(q[:last-1], k[:last-1]) {
				return nil, fmt.Errorf("queries %s, keys %s and values %s with %d heads", q, k, v, n.Int("heads"))
			}
			return []Shape{q}, nil
		}})

	AttentionGrad = row(Prim{Name: "attention.grad", Doc: "dq, dk, dv of attention from dy, q, k, v", Args: 4, Attrs: []string{"heads", "causal"},
		Infer: func(n *Node) ([]Shape, error) {
			return []Shape{n.Args[1].Shape, n.Args[2].Shape, n.Args[3].Shape}, nil
		}})
)

// Attention returns the steps of v as queries and keys mix them.
func (b *Builder) Attention(q, k, v *Value, heads int, causal bool) *Value {
	attrs := []any{"heads", heads}
	if causal {
		attrs = append(attrs, "causal", true)
	}
	return b.one(AttentionPrim, "", []*Value{q, k, v}, attrs...)
}

func init() {
	AttentionPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		args := append([]*Value{dy[0]}, n.Args...)
		return b.Append(&Node{Prim: AttentionGrad, Args: args, Attrs: slices.Clone(n.Attrs), Layer: b.Layer, Pos: b.Pos}).Results
	}
}
