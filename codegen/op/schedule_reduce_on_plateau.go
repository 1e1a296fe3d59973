package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// Plateau lets the rate fall by a factor when a metric has not improved for more than patience epochs.
var Plateau = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "reduce_on_plateau", Doc: "η·factor when the metric has not improved for patience epochs.",
		Attrs: []spec.Attr{
			{Name: "monitor", Type: spec.String, Default: "val_loss", Doc: "The metric."},
			positive("factor", 0.1, "Factor of a fall."),
			{Name: "patience", Type: spec.Int, Default: 10, Min: nonNegative, Doc: "Epochs without improvement."},
			{Name: "threshold", Type: spec.Float, Default: 1e-4, Min: nonNegative, Doc: "Relative improvement that counts."},
			{Name: "cooldown", Type: spec.Int, Default: 0, Min: nonNegative,
				Doc: "Epochs after a fall in which none is counted."}, lowest}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "Plateau", []Field{{"Monitor", n.Word("monitor")}, floatField(n, "Factor", "factor"),
			intField(n, "Patience", "patience"),
			intField(n, "Cooldown", "cooldown"), floatField(n, "Threshold", "threshold"), floatField(n, "MinLR", "min_lr")},
			true}
	},
	// Seen counts as a metric of which less is better.
	Rate: func(n spec.Node, base float64, t Time) float64 {
		best, bad, cool, factor := math.Inf(1), 0, 0, 1.0
		for _, v := range t.Seen {
			bad++
			if v < best*(1-n.Float("threshold")) || math.IsInf(best, 1) {
				best, bad = v, 0
			}
			if cool > 0 {
				cool, bad = cool-1, 0
			}
			if bad > n.Int("patience") {
				factor, cool, bad = factor*n.Float("factor"), n.Int("cooldown"), 0
			}
		}
		return math.Max(base*factor, math.Min(base, n.Float("min_lr")))
	},
})
