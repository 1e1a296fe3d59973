package emit

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// extremeEmitters holds those of the primitives in ir/extreme.go.
var extremeEmitters = map[*ir.Prim]emitter{
	ir.SubPrim:     elementwise("Sub"),
	ir.MaximumPrim: elementwise("Max"),
	ir.MinimumPrim: elementwise("Min"),
	ir.WherePrim:   func(b *body, n *ir.Node) string { return elementwise("Where"+goName(n.F))(b, n) },
	ir.ClipPrim:    clipping("Clip"),
	ir.ClipGrad:    clipping("ClipGrad"),
}

// clipping yields one call, for a rectifier up to 6:
//
//	vec.Clip(a.s1[:n*32], a.s1[:n*32], 0, 6)
func clipping(name string) emitter {
	return func(b *body, n *ir.Node) string {
		return fmt.Sprintf("@vec.%s(%s, %v, %v)", name, b.list(n.Results, n.Args), n.Float("lo"), n.Float("hi"))
	}
}
