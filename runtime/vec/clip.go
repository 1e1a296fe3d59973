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
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			clipSIMD(&y[0], &x[0], slice, lo, hi)
			y, x = y[slice:], x[slice:]
		}
		clipSIMD(&y[0], &x[0], len(y), lo, hi)
		return
	}
	clipGeneric(y, x, lo, hi)
}
