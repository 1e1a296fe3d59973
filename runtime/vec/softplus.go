package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Softplus computes y = ln(1 + eˣ), for every element.
func Softplus(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			softplusSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		softplusSIMD(&y[0], &x[0], len(y))
		return
	}
	softplusGeneric(y, x)
}

func softplusGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Softplus(v)
	}
}
