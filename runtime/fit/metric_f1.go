package fit

// F1 is 2·tp/(2·tp + fp + fn).
var F1 = Measured{
	Name: "f1",
	Report: Report{Doc: "The harmonic mean of precision and recall: of the second of two classes, over all units together; of more classes " + //nngen:if reports
		"the mean over them.", //nngen:if reports
		Share: true}, //nngen:if reports
	Tasks: map[string]func(*predictions) float64{
		Binary:     func(p *predictions) float64 { c := p.sides(); return ratio(2*c.tp, 2*c.tp+c.fp+c.fn) }, //nngen:if binary
		Multiclass: func(p *predictions) float64 { return p.macro(classF1) },                                //nngen:if multiclass
	},
}

// classF1 is that of one class: see macro.
func classF1(tp, guessed, truly float64) float64 { return ratio(2*tp, guessed+truly) }
