package initial

import "math"

// GlorotUniform draws from U(−r, r) with r = gain·√(6/(fan_in + fan_out)). It does not allocate.
func GlorotUniform(dst []float32, fanIn, fanOut int, gain float64, seed uint64, stream uint32) {
	r := gain * math.Sqrt(6/float64(fanIn+fanOut))
	Uniform(dst, -r, r, seed, stream)
}

// GlorotNormal draws from N(0, σ²) with σ = gain·√(2/(fan_in + fan_out)). It does not allocate.
func GlorotNormal(dst []float32, fanIn, fanOut int, gain float64, seed uint64, stream uint32) {
	Normal(dst, 0, gain*math.Sqrt(2/float64(fanIn+fanOut)), seed, stream)
}
