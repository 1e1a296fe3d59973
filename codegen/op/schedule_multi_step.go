package op

import (
	"github.com/nngen/nngen/spec"
)

// MultiStep lets the rate fall by a factor at given times: η·γ^(milestones passed).
var MultiStep = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "multi_step", Doc: "η·γ^(milestones passed).", Attrs: []spec.Attr{
		{Name: "milestones", Type: spec.Ints, Required: true, Min: spec.Bound(1), Doc: "Times of the falls."}, fall,
		byEpochs}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "MultiStep", []Field{{"Milestones", n.Ints("milestones")},
			floatField(n, "Gamma", "gamma"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		for _, m := range n.Ints("milestones") {
			if t.of(n) >= m {
				base *= n.Float("gamma")
			}
		}
		return base
	},
})
