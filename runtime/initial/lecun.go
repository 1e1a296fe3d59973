package initial

import "math"

// LecunUniform draws from U(−r, r) with r = gain·√(3/(fan_in)). It does not allocate.
func LecunUniform(dst []float32, fanIn, _ int, gain float64, seed uint64, stream uint32) {
	r := gain * math.Sqrt(3/float64(fanIn))
	Uniform(dst, -r, r, seed, stream)
}

// LecunNormal draws from N(0, σ²) with σ = gain·√(1/(fan_in)). It does not allocate.
func LecunNormal(dst []float32, fanIn, _ int, gain float64, seed uint64, stream uint32) {
	Normal(dst, 0, gain*math.Sqrt(1/float64(fanIn)), seed, stream)
}
