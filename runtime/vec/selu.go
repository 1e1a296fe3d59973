package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SELU computes y = λ·x where x > 0, else λα·(eˣ − 1), for every element.
func SELU(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			seluSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		seluSIMD(&y[0], &x[0], len(y))
		return
	}
	seluGeneric(y, x)
}

func seluGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.SELU(v)
	}
}
