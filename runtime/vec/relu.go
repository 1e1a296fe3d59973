package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// ReLU computes y = max(x, 0), for every element.
func ReLU(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			reluSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		reluSIMD(&y[0], &x[0], len(y))
		return
	}
	reluGeneric(y, x)
}

func reluGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.ReLU(v)
	}
}
