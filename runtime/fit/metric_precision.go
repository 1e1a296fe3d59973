package fit

// precision is tp/(tp + fp).
var precision = Measured{
	Name: "precision", Doc: "Share of what is predicted to be of a class that is; the mean over the classes.", Share: true,
	Tasks: map[string]func(*predictions) float64{
		"binary": func(p *predictions) float64 { c := p.sides(); return ratio(c.tp, c.tp+c.fp) },
		"multiclass": func(p *predictions) float64 {
			return p.macro(func(tp, guessed, truly float64) float64 { return ratio(tp, guessed) })
		},
	},
}
