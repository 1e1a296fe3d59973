package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// PolynomialDecay brings the rate to 0 at T: η·(1 − min(t, T)/T)^power.
var PolynomialDecay = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "polynomial", Doc: "η·(1 − min(t, T)/T)^power.", Attrs: []spec.Attr{
		count("total_iters", "T: when the rate reaches 0."), positive("power", 1.0, "Exponent."), byEpochs}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "Polynomial", []Field{intField(n, "Total", "total_iters"),
			floatField(n, "Power", "power"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		left := 1 - float64(t.of(n))/float64(n.Int("total_iters"))
		return base * math.Pow(math.Max(left, 0), n.Float("power"))
	},
})
