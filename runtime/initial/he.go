package initial

import "math"

// HeUniform draws from U(−r, r) with r = gain·√(6/(fan_in)). It does not allocate.
func HeUniform(dst []float32, fanIn, _ int, gain float64, seed uint64, stream uint32) {
	r := gain * math.Sqrt(6/float64(fanIn))
	Uniform(dst, -r, r, seed, stream)
}

// HeNormal draws from N(0, σ²) with σ = gain·√(2/(fan_in)). It does not allocate.
func HeNormal(dst []float32, fanIn, _ int, gain float64, seed uint64, stream uint32) {
	Normal(dst, 0, gain*math.Sqrt(2/float64(fanIn)), seed, stream)
}
