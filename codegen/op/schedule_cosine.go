package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// CosineAnnealing moves the rate along a cosine: min_lr + (η − min_lr)·(1 + cos(π·t/T))/2.
//
// Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.
var CosineAnnealing = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "cosine", Doc: "min_lr + (η − min_lr)·(1 + cos(π·t/T))/2.",
		Attrs: []spec.Attr{count("t_max", "T: half a period."), lowest, byEpochs}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "Cosine", []Field{intField(n, "TMax", "t_max"),
			floatField(n, "MinLR", "min_lr"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		return between(n.Float("min_lr"), base, (1+math.Cos(math.Pi*float64(t.of(n))/float64(n.Int("t_max"))))/2)
	},
})

// between returns what lies at a share x of the way from a to b.
func between(a, b, x float64) float64 { return a + (b-a)*x }
