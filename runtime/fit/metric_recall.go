package fit

// Recall is tp/(tp + fn).
var Recall = Measured{
	Name: "recall",
	Report: Report{Doc: "Share of what is of a class that is predicted to be: of the second of two classes, over all units together; of more classes " + //nngen:if reports
		"the mean over them.", //nngen:if reports
		Share: true}, //nngen:if reports
	Tasks: map[string]func(*predictions) float64{
		Binary:     func(p *predictions) float64 { c := p.sides(); return ratio(c.tp, c.tp+c.fn) }, //nngen:if binary
		Multiclass: func(p *predictions) float64 { return p.macro(classRecall) },                   //nngen:if multiclass
	},
}

// classRecall is that of one class: see macro.
func classRecall(tp, _, truly float64) float64 { return ratio(tp, truly) }
