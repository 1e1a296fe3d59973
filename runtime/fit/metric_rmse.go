package fit

import (
	"math"
)

// rootMeanSquaredError is √(Σe²/n).
var rootMeanSquaredError = Measured{
	Name: "rmse", Doc: "Root of the mean squared error.", Lower: true, Default: true,
	Tasks: map[string]func(*predictions) float64{Regression: func(p *predictions) float64 { return math.Sqrt(p.mse()) }},
}
