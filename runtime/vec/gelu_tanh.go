package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GELUTanh computes y = x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), for every element.
func GELUTanh(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			geluTanhSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		geluTanhSIMD(&y[0], &x[0], len(y))
		return
	}
	geluTanhGeneric(y, x)
}

func geluTanhGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.GELUTanh(v)
	}
}
