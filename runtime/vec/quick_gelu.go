package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// QuickGELU computes y = x·sigmoid(1.702·x), for every element.
func QuickGELU(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			quickGELUSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		quickGELUSIMD(&y[0], &x[0], len(y))
		return
	}
	quickGELUGeneric(y, x)
}

func quickGELUGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.QuickGELU(v)
	}
}
