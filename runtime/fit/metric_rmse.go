package fit

import (
	"math"
)

// RMSE is √(Σe²/n).
var RMSE = Measured{
	Name: "rmse", Lower: true, Default: true,
	Report: Report{Doc: "Root of the mean squared error."}, //nngen:if reports
	Tasks:  map[string]func(*predictions) float64{Regression: func(p *predictions) float64 { return math.Sqrt(p.mse()) }},
}
