package emit

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// rmsNormEmitters holds those of the primitives in ir/rms_norm.go.
var rmsNormEmitters = map[*ir.Prim]emitter{
	ir.RMSNormPrim: func(b *body, n *ir.Node) string {
		width := n.Args[1].Shape.Size()
		return fmt.Sprintf("@norm.RMSNorm(%s, %d, %s, %v)", b.count(n.Args[0], width), width,
			b.list(n.Results[:1], n.Args, n.Results[1:]), n.Float("epsilon"))
	},
	ir.RMSNormGrad: func(b *body, n *ir.Node) string {
		width := n.Args[2].Shape.Size()
		return fmt.Sprintf("@norm.RMSNormGrad(%s, %d, %s)", b.count(n.Args[0], width), width, b.list(n.Results, n.Args))
	},
}
