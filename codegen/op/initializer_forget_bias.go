package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// ForgetBias is the initializer of the bias of lstm: 1 for the forget gate, the second quarter, else 0.
//
// Source: Jozefowicz, Zaremba and Sutskever, An empirical exploration of recurrent network architectures, 2015.
var ForgetBias = defineInitializer(Initializer{
	Kind:  spec.Kind{Name: "forget_bias", Doc: "1 for the forget gate of an lstm, else 0."},
	Inner: true,
	Runtime: func(p *ir.Param) []InitialCall {
		size := p.Size() / 4
		return []InitialCall{{Func: "Ones", From: size, To: 2 * size}}
	},
	Spread: func(*ir.Param) (center, radius float64) { return 0, filledSpread },
	Whole:  true,
	Fill: func(_ *ir.Param, _ Draws, x []float64) {
		for i := range x {
			x[i] = 0
			if i*4/len(x) == 1 {
				x[i] = 1
			}
		}
	},
})
