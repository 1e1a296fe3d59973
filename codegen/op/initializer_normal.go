package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Normal draws from a normal distribution.
var Normal = defineNormal(spec.Kind{Name: "normal", Doc: "N(mean, std²)."}, "Standard deviation.", "Normal", normal)

// defineNormal adds an initializer of mean + std·z, z being a function of a number in [0, 1).
func defineNormal(k spec.Kind, std, name string, z func(p float64) float64) *Initializer {
	k.Attrs = []spec.Attr{
		{Name: "mean", Type: spec.Float, Default: 0.0, Doc: "Mean."},
		{Name: "std", Type: spec.Float, Default: 0.05, Min: spec.Bound(0), OpenMin: true, Doc: std}}
	return defineInitializer(Initializer{
		Kind: k,
		Runtime: func(p *ir.Param) []InitialCall {
			return []InitialCall{{Func: name, Args: []any{p.Init.Float("mean"), p.Init.Float("std")}, Random: true}}
		},
		Spread: func(p *ir.Param) (center, radius float64) {
			return p.Init.Float("mean"), math.Sqrt(3) * p.Init.Float("std")
		},
		Fill: func(p *ir.Param, d Draws, x []float64) {
			for i := range x {
				x[i] = p.Init.Float("mean") + p.Init.Float("std")*z(d(i))
			}
		},
	})
}
