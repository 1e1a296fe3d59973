package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// Axpy computes y += α·x for every element, rounded once.
func Axpy(alpha float32, x, y []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			axpySIMD(&y[0], &x[0], &y[0], slice, alpha)
			y, x = y[slice:], x[slice:]
		}
		axpySIMD(&y[0], &x[0], &y[0], len(y), alpha)
		return
	}
	axpyGeneric(y, x, y, alpha)
}

// axpyGeneric computes dst = α·x + y.
func axpyGeneric(dst, x, y []float32, alpha float32) {
	for i, v := range x {
		dst[i] = f32.FMA(alpha, v, y[i])
	}
}
