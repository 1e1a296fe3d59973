package ir

import (
	"fmt"
	"slices"
)

// The primitives of attention work on the last two axes: steps, and the columns of all heads side by side. All axes
// before those are rows.
var (
	AttentionPrim = row(Prim{Name: "attention", Stream: StreamAttention,
		Doc: "softmax(q·kᵀ/√d)·v for each head, d being its columns; of the keys those that a mask keeps", Args: -1,
		Attrs: []string{"heads int", "causal flag?"},
		Infer: func(n *Node) ([]Shape, error) { return attentionShape(n, n.Args) }})

	AttentionGrad = row(Prim{Name: "attention.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dq, dk, dv of attention from dy, q, k, v, mask", Args: -1, Attrs: []string{"heads int", "causal flag?"},
		Infer: func(n *Node) ([]Shape, error) {
			if _, err := attentionShape(n, n.Args[1:]); err != nil {
				return nil, err
			}
			return []Shape{n.Args[1].Shape, n.Args[2].Shape, n.Args[3].Shape}, nil
		}})
)

// attentionShape is the shape rule of queries, keys and values, and a mask with a number for each key if there is one.
func attentionShape(n *Node, args []*Value) ([]Shape, error) {
	if len(args) < 3 || len(args) > 4 {
		return nil, fmt.Errorf("%d arguments, want 3, or 4 with a mask", len(args))
	}
	q, k, v := args[0].Shape, args[1].Shape, args[2].Shape
	last := len(q) - 1
	if len(q) < 3 || len(k) != len(q) || !k.Equal(v) || q[last] != k[last] || q[last]%max(1, n.Int("heads")) != 0 ||
		!slices.Equal(q[:last-1], k[:last-1]) {
		return nil, fmt.Errorf("queries %s, keys %s and values %s with %d heads", q, k, v, n.Int("heads"))
	}
	if len(args) > 3 && !slices.Equal(args[3].Shape, k[:last]) {
		return nil, fmt.Errorf("a mask %s of keys %s", args[3].Shape, k)
	}
	return []Shape{q}, nil
}

// Attention returns the steps of v as queries and keys mix them; mask may be nil.
func (b *Builder) Attention(q, k, v, mask *Value, heads int, causal bool) *Value {
	attrs := []any{"heads", heads}
	if causal {
		attrs = append(attrs, "causal", true)
	}
	args := []*Value{q, k, v}
	if mask != nil {
		args = append(args, mask)
	}
	return b.one(AttentionPrim, "", args, attrs...)
}

func init() {
	AttentionPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		args := append([]*Value{dy[0]}, n.Args...)
		d := b.Append(&Node{Prim: AttentionGrad, Args: args, Attrs: slices.Clone(n.Attrs), Layer: b.Layer, Pos: b.Pos}).
			Results
		return append(slices.Clone(d), make([]*Value, len(n.Args)-3)...)
	}
}
