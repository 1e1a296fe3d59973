package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Erf computes y = erf x, the error function, for every element.
func Erf(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			erfSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		erfSIMD(&y[0], &x[0], len(y))
		return
	}
	erfGeneric(y, x)
}

func erfGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Erf(v)
	}
}
