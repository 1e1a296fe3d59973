package emit

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// unitNormEmitters holds those of the primitives in ir/unit_norm.go, ir/masked_pool.go and ir/gaussian_dropout.go.
var unitNormEmitters = map[*ir.Prim]emitter{
	ir.UnitNormPrim: func(b *body, n *ir.Node) string {
		width := n.Args[0].Shape[len(n.Args[0].Shape)-1]
		return fmt.Sprintf("@norm.UnitNorm(%s, %d, %s, %v)", b.count(n.Args[0], width), width,
			b.list(n.Results[:1], n.Args, n.Results[1:]), n.Float("epsilon"))
	},
	ir.UnitNormGrad: func(b *body, n *ir.Node) string {
		width := n.Args[0].Shape[len(n.Args[0].Shape)-1]
		return fmt.Sprintf("@norm.UnitNormGrad(%s, %d, %s, %v)", b.count(n.Args[0], width), width, b.list(n.Results, n.Args), n.Float("epsilon"))
	},
	ir.MaskedMax:           maskedPool("Max", 1),
	ir.MaskedMaxGrad:       maskedPool("MaxGrad", 2),
	ir.MaskedAverage:       maskedPool("Average", 1),
	ir.MaskedAverageGrad:   maskedPool("AverageGrad", 1),
	ir.GaussianDropoutPrim: func(b *body, n *ir.Node) string { return b.drawn("Gaussian", "stddev", n) },
}

// maskedPool yields one call, for 16 steps of 8 channels; mask is the number of its argument:
//
//	pool.MaskedMax(n, 16, 8, a.s2[:n*8], a.s1[:n*128], xMask)
func maskedPool(name string, mask int) emitter {
	return func(b *body, n *ir.Node) string {
		m, y := n.Args[mask], n.Results[0]
		steps, c := m.Shape[len(m.Shape)-1], y.Shape[len(y.Shape)-1]
		return fmt.Sprintf("@pool.Masked%s(%s, %d, %d, %s)", name, b.count(m, steps), steps, c, b.list(n.Results, n.Args))
	}
}
