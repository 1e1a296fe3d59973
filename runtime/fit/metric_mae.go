package fit

// MAE is Σ|e|/n.
var MAE = Measured{
	Name: "mae", Lower: true,
	Report: Report{Doc: "Mean absolute error."}, //nngen:if reports
	Tasks:  map[string]func(*predictions) float64{Regression: (*predictions).mae},
}

func (p *predictions) mae() float64 {
	sum := 0.0
	for i := range p.y {
		e := float64(p.y[i]) - float64(p.t[i])
		sum += max(e, -e)
	}
	return ratio(sum, float64(len(p.y)))
}
