package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GELU computes y = x·Φ(x), Φ being the normal distribution function, for every element.
func GELU(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			geluSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		geluSIMD(&y[0], &x[0], len(y))
		return
	}
	geluGeneric(y, x)
}

func geluGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.GELU(v)
	}
}
