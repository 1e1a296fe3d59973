package fit

// MSE is Σe²/n.
var MSE = Measured{
	Name: "mse", Lower: true,
	Report: Report{Doc: "Mean squared error."}, //nngen:if reports
	Tasks:  map[string]func(*predictions) float64{Regression: (*predictions).mse},
}

// mse returns the mean square of the errors.
func (p *predictions) mse() float64 { return ratio(p.squares(), float64(len(p.y))) }

// squares returns the sum of the squares of the errors.
func (p *predictions) squares() float64 {
	sum := 0.0
	for i := range p.y {
		e := float64(p.y[i]) - float64(p.t[i])
		sum += float64(e * e)
	}
	return sum
}
