package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// InverseTime lets the rate fall with the inverse of the time: η/(1 + decay_rate·t/decay_steps), with the quotient
// rounded down if it is a staircase.
//
// Source: Robbins and Monro, A stochastic approximation method, 1951, whose conditions it meets; InverseTimeDecay of
// Keras.
var InverseTime = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "inverse_time", Doc: "η/(1 + decay_rate·t/decay_steps), as Keras's InverseTimeDecay.",
		Attrs: []spec.Attr{
			positive("decay_rate", nil, "What the divisor grows by in decay_steps."),
			count("decay_steps", "Time in which the divisor grows by decay_rate."),
			{Name: "staircase", Type: spec.Bool, Default: false,
				Doc: "Whether the rate falls from time to time, t/decay_steps being rounded down."}, bySteps}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "InverseTime", []Field{floatField(n, "DecayRate", "decay_rate"),
			intField(n, "DecaySteps", "decay_steps"), {"Staircase", n.Bool("staircase")}, perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		x := float64(t.of(n)) / float64(n.Int("decay_steps"))
		if n.Bool("staircase") {
			x = math.Floor(x)
		}
		return base / (1 + n.Float("decay_rate")*x)
	},
})
