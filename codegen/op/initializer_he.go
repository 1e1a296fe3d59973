package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// HeUniform and HeNormal keep the variance of what passes forward through rectifiers.
//
// Source: He et al., Delving deep into rectifiers, 2015.
var (
	HeUniform = defineSpread(spec.Kind{Name: "he_uniform", Doc: "U(−r, r), r = gain·√(6/fan_in)."}, "HeUniform", true,
		func(in, _ float64) float64 { return math.Sqrt(6 / in) })

	HeNormal = defineSpread(spec.Kind{Name: "he_normal", Doc: "N(0, σ²), σ = gain·√(2/fan_in)."}, "HeNormal", false,
		func(in, _ float64) float64 { return math.Sqrt(2 / in) })
)
