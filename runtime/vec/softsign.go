package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Softsign computes y = x/(1 + |x|), for every element.
func Softsign(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			softsignSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		softsignSIMD(&y[0], &x[0], len(y))
		return
	}
	softsignGeneric(y, x)
}

func softsignGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Softsign(v)
	}
}
