package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Reciprocal computes y = 1/x, for every element.
func Reciprocal(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			reciprocalSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		reciprocalSIMD(&y[0], &x[0], len(y))
		return
	}
	reciprocalGeneric(y, x)
}

func reciprocalGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Reciprocal(v)
	}
}
