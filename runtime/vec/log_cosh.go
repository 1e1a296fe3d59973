package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LogCosh computes y = ln cosh x, for every element.
func LogCosh(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			logCoshSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		logCoshSIMD(&y[0], &x[0], len(y))
		return
	}
	logCoshGeneric(y, x)
}

func logCoshGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.LogCosh(v)
	}
}
