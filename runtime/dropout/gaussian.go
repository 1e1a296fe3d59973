package dropout

import "github.com/nngen/nngen/runtime/rng"

// Gaussian computes y[i] = x[i]·m with m = 1 + z, z being drawn for element first + i as Noise does. m is rounded to
// float32 once, then the product.
//
// The gradient of Gaussian is Gaussian itself, on dy. y may be x. Gaussian does not allocate. It panics if x is shorter
// than y.
//
// Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014, §10.
func Gaussian(y, x []float32, stddev float64, seed uint64, stream uint32, step uint64, first uint32) {
	x = x[:len(y):len(x)]
	var words [4]uint32
	for i := range y {
		e := first + uint32(i)
		if i == 0 || e%4 == 0 {
			words = rng.Block(seed, stream, step, e/4)
		}
		y[i] = x[i] * float32(1+float64(stddev*rng.Quantile((float64(words[e%4])+0.5)/(1<<32))))
	}
}
