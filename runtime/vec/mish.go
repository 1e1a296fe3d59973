package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Mish computes y = x·tanh(ln(1 + eˣ)), for every element.
func Mish(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			mishSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		mishSIMD(&y[0], &x[0], len(y))
		return
	}
	mishGeneric(y, x)
}

func mishGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Mish(v)
	}
}
