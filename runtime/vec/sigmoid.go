package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Sigmoid computes y = 1/(1 + e⁻ˣ), for every element.
func Sigmoid(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			sigmoidSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		sigmoidSIMD(&y[0], &x[0], len(y))
		return
	}
	sigmoidGeneric(y, x)
}

func sigmoidGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Sigmoid(v)
	}
}
