package fit

// R2 is the share of the targets' variance that the predictions explain.
var R2 = Measured{
	Name: "r2", Default: true,
	Report: Report{Doc: "1 − Σe²/Σ(t − mean)², the sums over all units (variance-weighted); 1 for targets that do not vary and are met exactly.", //nngen:if reports
		Contrast: true}, //nngen:if reports
	Tasks: map[string]func(*predictions) float64{Regression: (*predictions).r2},
}

// r2 returns 1 − Σe²/Σ(t − mean)², the sums over all units, each with a mean of its own. Where no target varies it is 1
// if all are met exactly, else 0, as in scikit-learn.
func (p *predictions) r2() float64 {
	total := 0.0
	for j := range p.width {
		mean, varies := 0.0, false
		for i := range p.n {
			mean += float64(p.t[i*p.width+j])
			varies = varies || p.t[i*p.width+j] != p.t[j]
		}
		if !varies {
			continue // the mean of many equal numbers need not be that number
		}
		mean /= float64(p.n)
		for i := range p.n {
			d := float64(p.t[i*p.width+j]) - mean
			total += float64(d * d)
		}
	}
	squares := p.squares()
	switch {
	case total > 0:
		return 1 - squares/total
	case squares == 0:
		return 1
	}
	return 0
}
