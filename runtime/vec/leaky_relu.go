package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LeakyReLU computes y = α·x where x is negative, else x, for every element.
func LeakyReLU(y, x []float32, alpha float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			leakyReLUSIMD(&y[0], &x[0], slice, alpha)
			y, x = y[slice:], x[slice:]
		}
		leakyReLUSIMD(&y[0], &x[0], len(y), alpha)
		return
	}
	leakyReLUGeneric(y, x, alpha)
}

func leakyReLUGeneric(y, x []float32, alpha float32) {
	for i, v := range x {
		y[i] = scalar.LeakyReLU(v, alpha)
	}
}
