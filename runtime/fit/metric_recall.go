package fit

// recall is tp/(tp + fn).
var recall = Measured{
	Name: "recall", Doc: "Share of what is of a class that is predicted to be; the mean over the classes.", Share: true,
	Tasks: map[string]func(*predictions) float64{
		"binary": func(p *predictions) float64 { c := p.sides(); return ratio(c.tp, c.tp+c.fn) },
		"multiclass": func(p *predictions) float64 {
			return p.macro(func(tp, guessed, truly float64) float64 { return ratio(tp, truly) })
		},
	},
}
