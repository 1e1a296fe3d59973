package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Tanh computes y = tanh x, for every element.
func Tanh(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			tanhSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		tanhSIMD(&y[0], &x[0], len(y))
		return
	}
	tanhGeneric(y, x)
}

func tanhGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Tanh(v)
	}
}
