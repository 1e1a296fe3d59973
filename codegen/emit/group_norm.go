package emit

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// groupNormEmitters holds those of the primitives in ir/group_norm.go.
var groupNormEmitters = map[*ir.Prim]emitter{
	ir.GroupNormPrim: (*body).emitGroupNorm,
	ir.GroupNormGrad: (*body).emitGroupNormGrad,
}

// emitGroupNorm yields one call, for norm1 with γ alone:
//
//	norm.GroupNorm(n, 64, 8, 2, a.s2[:n*512], a.s1[:n*512], m.norm1Gamma[:], nil, a.s3[:n*2], a.s4[:n*2], 1e-05)
func (b *body) emitGroupNorm(n *ir.Node) string {
	x, gamma, beta := n.Args[0], "nil", "nil"
	vectors := n.Args[1:]
	if n.Bool("scale") {
		gamma, vectors = b.ref(vectors[0]), vectors[1:]
	}
	if n.Bool("center") {
		beta = b.ref(vectors[0])
	}
	return fmt.Sprintf("@norm.GroupNorm(%s, %s, %s, %s, %s, %s, %v)", b.grouped(n, x), b.ref(n.Results[0]), b.ref(x), gamma, beta,
		b.list(n.Results[1:]), n.Float("epsilon"))
}

func (b *body) emitGroupNormGrad(n *ir.Node) string {
	gamma := "nil"
	if len(n.Args) == 5 {
		gamma = b.ref(n.Args[4])
	}
	return fmt.Sprintf("@norm.GroupNormGrad(%s, %s, %s, %s)", b.grouped(n, n.Args[1]), b.list(n.Results, n.Args[:2]), gamma, b.list(n.Args[2:4]))
}

// grouped returns the text of examples, steps, channels and groups.
func (b *body) grouped(n *ir.Node, x *ir.Value) string {
	c := x.Shape[len(x.Shape)-1]
	return fmt.Sprintf("%s, %d, %d, %d", b.count(x, n.Int("steps")*c), n.Int("steps"), c, n.Int("groups"))
}
