package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Sqrt computes y = √x, for every element.
func Sqrt(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			sqrtSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		sqrtSIMD(&y[0], &x[0], len(y))
		return
	}
	sqrtGeneric(y, x)
}

func sqrtGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Sqrt(v)
	}
}
