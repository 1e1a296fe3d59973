package vec

import "github.com/nngen/nngen/runtime/cpu"

// Clip computes y = lo where x < lo, hi where x > hi, else x, for every element. NaN stays.
func Clip(y, x []float32, lo, hi float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		for len(y) > slice {
			clipAVX2(&y[0], &x[0], slice, lo, hi)
			y, x = y[slice:], x[slice:]
		}
		clipAVX2(&y[0], &x[0], len(y), lo, hi)
		return
	}
	clipGeneric(y, x, lo, hi)
}
