package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// LeCunUniform and LeCunNormal keep the variance of what passes forward.
//
// Source: LeCun et al., Efficient backprop, 1998; Klambauer et al., Self-normalizing neural networks, 2017.
var (
	LeCunUniform = defineSpread(spec.Kind{Name: "lecun_uniform", Doc: "U(−r, r), r = gain·√(3/fan_in)."}, "LecunUniform",
		true,
		func(in, _ float64) float64 { return math.Sqrt(3 / in) })

	LeCunNormal = defineSpread(spec.Kind{Name: "lecun_normal", Doc: "N(0, σ²), σ = gain·√(1/fan_in)."}, "LecunNormal",
		false,
		func(in, _ float64) float64 { return math.Sqrt(1 / in) })
)
