package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// OneCycle goes up to max_lr and then down far below the start; the optimizer's rate plays no part.
//
// Source: Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2018.
var OneCycle = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "one_cycle", Doc: "Up to max_lr, then down far below the start (Smith and Topin 2018).",
		Attrs: []spec.Attr{
			positive("max_lr", nil, "The highest rate."), {Name: "total_steps",
				Type: spec.Int, Min: spec.Bound(1), Doc: "Length; what warm-up leaves of the training if left out."},
			{Name: "pct_start", Type: spec.Float, Default: 0.3, Min: nonNegative, Max: spec.Bound(1),
				Doc: "Share of the time in which the rate grows."},
			{Name: "anneal", Type: spec.Enum, Enum: []string{"cos", "linear"}, Default: "cos", Doc: "Shape of both parts."},
			positive("div_factor", 25.0, "max_lr/start."), positive("final_div_factor", 1e4, "start/end."), bySteps}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "OneCycle", []Field{floatField(n, "MaxLR", "max_lr"), intField(n, "Total", "total_steps"),
			floatField(n, "PctStart", "pct_start"),
			{"Linear", n.Word("anneal") == "linear"}, floatField(n, "DivFactor", "div_factor"),
			floatField(n, "FinalDiv", "final_div_factor"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, _ float64, t Time) float64 {
		total := n.Int("total_steps")
		if total == 0 {
			left := float64(t.Epochs*t.StepsPerEpoch - t.Warmup)
			if n.Word("per") == "epoch" {
				left = math.Ceil(left / float64(t.StepsPerEpoch))
			}
			total = max(1, int(left))
		}
		peak, start := n.Float("max_lr"), n.Float("max_lr")/n.Float("div_factor")
		at, up, end := math.Min(float64(t.of(n)), float64(total-1)), n.Float("pct_start")*float64(total)-1, float64(total-1)
		move := func(from, to, x float64) float64 {
			if n.Word("anneal") == "cos" {
				x = (1 - math.Cos(math.Pi*x)) / 2
			}
			return between(from, to, x)
		}
		switch {
		case 0 < up && at <= up:
			return move(start, peak, at/up)
		case up < end:
			return move(peak, start/n.Float("final_div_factor"), (at-up)/(end-up))
		}
		return peak
	},
})
