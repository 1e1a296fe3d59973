package initial

import "github.com/nngen/nngen/runtime/rng"

// Normal draws from N(mean, std²): mean + std·x, x of rng.Normal. It does not allocate.
func Normal(dst []float32, mean, std float64, seed uint64, stream uint32) {
	for i := range dst {
		dst[i] = float32(mean + float64(std*rng.Normal(seed, stream, 0, i)))
	}
}

// TruncatedNormal draws from N(mean, std²) cut off at two deviations: the quantile of a number drawn
// evenly between the probabilities of −2 and 2 deviations. It does not allocate.
func TruncatedNormal(dst []float32, mean, std float64, seed uint64, stream uint32) {
	const low = 0.02275013194817920720028263716653343 // the probability of less than −2 deviations
	for i := range dst {
		p := low + float64((1-2*low)*rng.Float64(seed, stream, 0, i))
		dst[i] = float32(mean + float64(std*rng.Quantile(p)))
	}
}
