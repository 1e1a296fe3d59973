package dropout

import "github.com/nngen/nngen/runtime/vec"

// channels is how many masks are drawn at a time.
const channels = 64

// Channels drops whole channels: of n examples of steps×c, y[i,t,j] = x[i,t,j]·m[i,j] with m = 1/(1 − rate) where word
// i·c + j, counted from first, is kept as in Apply, else 0.
//
// The gradient of Channels is Channels itself, on dy. y may be x. Channels does not allocate. It panics if a slice is too
// short.
//
// Source: Tompson et al., Efficient object localization using convolutional networks, 2015, §3.2.
func Channels(n, steps, c int, y, x []float32, rate float64, seed uint64, stream uint32, step uint64, first uint32) {
	x, y = x[:n*steps*c:len(x)], y[:n*steps*c:len(y)]
	var ones, mask [channels]float32
	for i := range ones {
		ones[i] = 1
	}
	for i := range n {
		for j := 0; j < c; j += channels {
			m := mask[:min(channels, c-j)]
			Apply(m, ones[:len(m)], rate, seed, stream, step, first+uint32(i*c+j))
			for t := range steps {
				at := (i*steps+t)*c + j
				vec.Mul(y[at:][:len(m)], x[at:][:len(m)], m)
			}
		}
	}
}
