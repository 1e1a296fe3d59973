package fit

import (
	"math"
)

// rootMeanSquaredError is √(Σe²/n).
var rootMeanSquaredError = Measured{
	Name: "rmse", Lower: true, Default: true,
	Report: Report{Doc: "Root of the mean squared error."}, //nngen:if reports
	Tasks:  map[string]func(*predictions) float64{Regression: func(p *predictions) float64 { return math.Sqrt(p.mse()) }},
}
