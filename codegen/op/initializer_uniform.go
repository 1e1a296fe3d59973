package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Uniform draws from an interval.
var Uniform = defineInitializer(Initializer{
	Kind: spec.Kind{Name: "uniform", Doc: "U(low, high).", Attrs: []spec.Attr{
		{Name: "low", Type: spec.Float, Default: -0.05, Doc: "Least value."},
		{Name: "high", Type: spec.Float, Default: 0.05, Doc: "Largest value."}}},
	Check: func(p *ir.Param, _ string) string {
		if low, high := p.Init.Float("low"), p.Init.Float("high"); low > high {
			return fmt.Sprintf("uniform draws from low to high, but low %v is above high %v", low, high)
		}
		return ""
	},
	Runtime: func(p *ir.Param) []InitialCall {
		return []InitialCall{{Func: "Uniform", Args: []any{p.Init.Float("low"), p.Init.Float("high")}, Random: true}}
	},
	Spread: func(p *ir.Param) (center, radius float64) {
		low, high := p.Init.Float("low"), p.Init.Float("high")
		return (low + high) / 2, (high - low) / 2
	},
	Fill: func(p *ir.Param, d Draws, x []float64) {
		for i := range x {
			x[i] = between(p.Init.Float("low"), p.Init.Float("high"), d(i))
		}
	},
})
