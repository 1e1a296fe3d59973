package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ELU computes y = x where x > 0, else α·(eˣ − 1), for every element.
func ELU(y, x []float32, alpha float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			eluSIMD(&y[0], &x[0], slice, alpha)
			y, x = y[slice:], x[slice:]
		}
		eluSIMD(&y[0], &x[0], len(y), alpha)
		return
	}
	eluGeneric(y, x, alpha)
}

func eluGeneric(y, x []float32, alpha float32) {
	for i, v := range x {
		y[i] = scalar.ELU(v, alpha)
	}
}
