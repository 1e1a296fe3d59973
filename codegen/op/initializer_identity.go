package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Identity is the identity matrix.
var Identity = defineInitializer(Initializer{
	Kind: spec.Kind{Name: "identity", Doc: "The identity matrix, times gain.", Attrs: []spec.Attr{gainAttr}},
	Check: func(p *ir.Param, role string) string {
		if problem := matrixOnly(p, role); problem != "" || p.Shape[0] == p.Shape[1] {
			return problem
		}
		return fmt.Sprintf("identity is for square matrices, but %s is %s", role, p.Shape)
	},
	Runtime: func(p *ir.Param) []InitialCall {
		return []InitialCall{{Func: "Identity", Args: []any{p.Shape[0], p.Shape[1], p.Init.Float("gain")}}}
	},
	Spread: semiOrthogonal,
	Whole:  true,
	Fill: func(p *ir.Param, _ Draws, x []float64) {
		clear(x)
		for i := range p.Shape[0] {
			x[i*p.Shape[1]+i] = p.Init.Float("gain")
		}
	},
})

// matrixOnly says what is wrong with a parameter that is no matrix.
func matrixOnly(p *ir.Param, role string) string {
	if len(p.Shape) != 2 || p.Pattern != nil {
		return fmt.Sprintf("%s is for matrices, but %s is %s", p.Init.Kind, role, p.Shape)
	}
	return ""
}
