package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Exp computes y = eˣ, for every element.
func Exp(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			expSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		expSIMD(&y[0], &x[0], len(y))
		return
	}
	expGeneric(y, x)
}

func expGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Exp(v)
	}
}
