package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Round computes y = the whole number next to x, of two as near the even one, for every element.
func Round(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			roundSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		roundSIMD(&y[0], &x[0], len(y))
		return
	}
	roundGeneric(y, x)
}

func roundGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Round(v)
	}
}
