package op

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/spec"
)

// Cyclical goes up and down between two rates; the optimizer's plays no part.
//
//	min_lr + (max_lr − min_lr)·max(0, 1 − |t/step_size − 2·cycle + 1|)·f, cycle = ⌊1 + t/(2·step_size)⌋
//	f = 1 for triangular, 1/2^(cycle − 1) for triangular2, γᵗ for exp_range
//
// Source: Smith, Cyclical learning rates for training neural networks, 2017.
var Cyclical = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "cyclical", Doc: "Up and down between min_lr and max_lr (Smith 2017).", Attrs: []spec.Attr{
		{Name: "mode", Type: spec.Enum, Enum: []string{"triangular", "triangular2", "exp_range"}, Default: "triangular",
			Doc: "Whether the peaks stay, halve with each cycle, or fall by γᵗ."},
		{Name: "min_lr", Type: spec.Float, Required: true, Min: nonNegative, Doc: "The lowest rate."},
		positive("max_lr", nil, "The highest rate."),
		count("step_size", "Time from the lowest rate to the highest."), positive("gamma", 1.0, "γ of exp_range."), bySteps}},
	Check: func(n spec.Node) (attr, problem string) {
		if lo, hi := n.Float("min_lr"), n.Float("max_lr"); lo >= hi {
			return "min_lr", fmt.Sprintf("min_lr %v is not below max_lr %v", lo, hi)
		}
		return "", ""
	},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "Cyclical", []Field{floatField(n, "MinLR", "min_lr"), floatField(n, "MaxLR", "max_lr"),
			intField(n, "StepSize", "step_size"),
			{"Mode", n.Word("mode")}, floatField(n, "Gamma", "gamma"), perStepField(n)}, false}
	},
	Rate: func(n spec.Node, _ float64, t Time) float64 {
		at := float64(t.of(n)) / float64(n.Int("step_size"))
		cycle := math.Floor(1 + at/2)
		x := math.Max(0, 1-math.Abs(at-2*cycle+1))
		switch n.Word("mode") {
		case "triangular2":
			x /= math.Pow(2, cycle-1)
		case "exp_range":
			x *= math.Pow(n.Float("gamma"), float64(t.of(n)))
		}
		return between(n.Float("min_lr"), n.Float("max_lr"), x)
	},
})
