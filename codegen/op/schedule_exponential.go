package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// ExponentialDecay lets the rate fall by a factor in each unit of time: η·γᵗ.
var ExponentialDecay = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "exponential", Doc: "η·γᵗ.",
		Attrs: []spec.Attr{positive("gamma", nil, "γ: factor for each unit of time."), byEpochs}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "Exponential", []Field{floatField(n, "Gamma", "gamma"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		return base * math.Pow(n.Float("gamma"), float64(t.of(n)))
	},
})
