package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Step computes y = 1 where x ≥ 0, else 0, for every element.
func Step(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			stepSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		stepSIMD(&y[0], &x[0], len(y))
		return
	}
	stepGeneric(y, x)
}

func stepGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Step(v)
	}
}
