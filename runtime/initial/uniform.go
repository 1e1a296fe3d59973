package initial

import "github.com/nngen/nngen/runtime/rng"

// Uniform draws from U(low, high): low + (high − low)·x, x of rng.Float64. It does not allocate.
func Uniform(dst []float32, low, high float64, seed uint64, stream uint32) {
	for i := range dst {
		dst[i] = float32(low + float64((high-low)*rng.Float64(seed, stream, 0, i)))
	}
}
