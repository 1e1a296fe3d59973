package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SiLU computes y = x·sigmoid(x), for every element.
func SiLU(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			siluSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		siluSIMD(&y[0], &x[0], len(y))
		return
	}
	siluGeneric(y, x)
}

func siluGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.SiLU(v)
	}
}
