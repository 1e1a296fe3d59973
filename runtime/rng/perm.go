package rng

import "math/bits"

// Perm shuffles dst: the Fisher–Yates shuffle (Knuth, The Art of Computer Programming, volume 2,
// §3.4.2, algorithm P), exchange i with a place drawn evenly from those up to i. A word that would
// favour some places is drawn again (Lemire, Fast random integer generation in an interval, 2019).
func Perm(dst []int32, seed uint64, stream uint32, step uint64) {
	next := 0
	for i := len(dst) - 1; i > 0; i-- {
		n := uint32(i + 1)
		for {
			w := Word(seed, stream, step, next)
			next++
			hi, lo := bits.Mul32(w, n)
			if lo >= -n%n {
				dst[i], dst[hi] = dst[hi], dst[i]
				break
			}
		}
	}
}
