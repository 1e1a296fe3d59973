package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// StepDecay lets the rate fall by a factor from time to time: η·γ^⌊t/step_size⌋.
var StepDecay = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "step", Doc: "η·γ^⌊t/step_size⌋.", Attrs: []spec.Attr{count("step_size", "Time between falls."),
		fall, byEpochs}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "StepDecay", []Field{intField(n, "StepSize", "step_size"),
			floatField(n, "Gamma", "gamma"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		return base * math.Pow(n.Float("gamma"), float64(t.of(n)/n.Int("step_size")))
	},
})
