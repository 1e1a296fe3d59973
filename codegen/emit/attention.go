package emit

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// attentionEmitters holds those of the primitives in ir/attention.go.
var attentionEmitters = map[*ir.Prim]emitter{
	ir.AttentionPrim: attending("Forward", 0),
	ir.AttentionGrad: attending("Backward", 1),
}

// attending yields one call, for 4 heads of 16 columns over 64 steps of a batch; the queries are an argument of the node:
//
//	attention.Forward(n, attention.Shape{TQ: 64, TK: 64, Heads: 4, Dim: 16, Causal: true}, a.s4[:n*4096], a.s1[:n*4096], …)
func attending(name string, queries int) emitter {
	return func(b *body, n *ir.Node) string {
		q, k, heads := n.Args[queries], n.Args[queries+1], n.Int("heads")
		last := len(q.Shape) - 1
		causal, mask := "", ""
		if n.Bool("causal") {
			causal = ", Causal: true"
		}
		if len(n.Args) == queries+3 {
			mask = ", nil"
		}
		return fmt.Sprintf("@attention.%s(%s, @attention.Shape{TQ: %d, TK: %d, Heads: %d, Dim: %d%s}, %s)", name, b.count(q, q.Shape[last-1]*q.Shape[last]),
			q.Shape[last-1], k.Shape[last-1], heads, q.Shape[last]/heads, causal, b.list(n.Results, n.Args)+mask)
	}
}
