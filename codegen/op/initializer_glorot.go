package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// GlorotUniform and GlorotNormal keep the variance of what passes forward and backward.
//
// Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
var (
	GlorotUniform = defineSpread(spec.Kind{Name: "glorot_uniform", Doc: "U(−r, r), r = gain·√(6/(fan_in + fan_out))."},
		"GlorotUniform", true,
		func(in, out float64) float64 { return math.Sqrt(6 / (in + out)) })

	GlorotNormal = defineSpread(spec.Kind{Name: "glorot_normal", Doc: "N(0, σ²), σ = gain·√(2/(fan_in + fan_out))."},
		"GlorotNormal", false,
		func(in, out float64) float64 { return math.Sqrt(2 / (in + out)) })
)
