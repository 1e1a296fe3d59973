package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Sign computes y = 1, −1 or x itself as x is positive, negative or zero, for every element.
func Sign(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			signSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		signSIMD(&y[0], &x[0], len(y))
		return
	}
	signGeneric(y, x)
}

func signGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Sign(v)
	}
}
