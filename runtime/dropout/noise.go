package dropout

import "github.com/nngen/nngen/runtime/rng"

// Noise computes y[i] = x[i] + z, with z the quantile of the normal distribution of the given standard deviation at (w + ½)/2³², w
// being the word that Apply compares with the rate for element first + i. The noise is rounded to float32 once, then the sum.
//
// The gradient of Noise is the identity. y may be x. Noise does not allocate. It panics if x is shorter than y.
func Noise(y, x []float32, stddev float64, seed uint64, stream uint32, step uint64, first uint32) {
	x = x[:len(y):len(x)]
	var words [4]uint32
	for i := range y {
		e := first + uint32(i)
		if i == 0 || e%4 == 0 {
			words = rng.Block(seed, stream, step, e/4)
		}
		y[i] = x[i] + float32(stddev*rng.Quantile((float64(words[e%4])+0.5)/(1<<32)))
	}
}
