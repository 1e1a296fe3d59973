package fit

// f1 is 2·tp/(2·tp + fp + fn).
var f1 = Measured{
	Name: "f1", Doc: "The harmonic mean of precision and recall; the mean over the classes.", Share: true,
	Tasks: map[string]func(*predictions) float64{
		"binary": func(p *predictions) float64 { c := p.sides(); return ratio(2*c.tp, 2*c.tp+c.fp+c.fn) },
		"multiclass": func(p *predictions) float64 {
			return p.macro(func(tp, guessed, truly float64) float64 { return ratio(2*tp, guessed+truly) })
		},
	},
}
