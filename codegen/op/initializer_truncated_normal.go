package op

import (
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nngen/nngen/spec"
)

// TruncatedNormal draws from a normal distribution without what lies beyond two deviations: the quantile of a number
// between the probabilities of −2 and 2 deviations.
var TruncatedNormal = defineNormal(spec.Kind{Name: "truncated_normal",
	Doc: "N(mean, std²), drawn again beyond two deviations."},
	"Standard deviation before truncation.", "TruncatedNormal", func(p float64) float64 {
		low := distuv.UnitNormal.CDF(-2)
		return normal(low + (1-2*low)*p)
	})
