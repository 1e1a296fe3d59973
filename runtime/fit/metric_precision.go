package fit

// Precision is tp/(tp + fp).
var Precision = Measured{
	Name: "precision",
	Report: Report{Doc: "Share of what is predicted to be of a class that is: of the second of two classes, over all units together; of more classes " + //nngen:if reports
		"the mean over them.", //nngen:if reports
		Share: true}, //nngen:if reports
	Tasks: map[string]func(*predictions) float64{
		Binary:     func(p *predictions) float64 { c := p.sides(); return ratio(c.tp, c.tp+c.fp) }, //nngen:if binary
		Multiclass: func(p *predictions) float64 { return p.macro(classPrecision) },                //nngen:if multiclass
	},
}

// classPrecision is that of one class: see macro.
func classPrecision(tp, guessed, _ float64) float64 { return ratio(tp, guessed) }
