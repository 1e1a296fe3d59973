package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Ceil computes y = the smallest whole number that is not below x, for every element.
func Ceil(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			ceilSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		ceilSIMD(&y[0], &x[0], len(y))
		return
	}
	ceilGeneric(y, x)
}

func ceilGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Ceil(v)
	}
}
