package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// WarmRestarts is cosine that starts again after t_0, then after t_0·t_mult, and so on.
//
// Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.
var WarmRestarts = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "cosine_warm_restarts", Doc: "Cosine that starts again after t_0, then t_0·t_mult, …",
		Attrs: []spec.Attr{count("t_0", "Length of the first period."),
			{Name: "t_mult", Type: spec.Int, Default: 1, Min: spec.Bound(1), Doc: "Growth of the periods."}, lowest, byEpochs}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "WarmRestarts", []Field{intField(n, "T0", "t_0"), intField(n, "TMult", "t_mult"),
			floatField(n, "MinLR", "min_lr"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		at, period := t.of(n), n.Int("t_0")
		for at >= period {
			at, period = at-period, period*n.Int("t_mult")
		}
		return between(n.Float("min_lr"), base, (1+math.Cos(math.Pi*float64(at)/float64(period)))/2)
	},
})
