package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Log computes y = ln x, which is −∞ at 0 and NaN below, for every element.
func Log(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			logSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		logSIMD(&y[0], &x[0], len(y))
		return
	}
	logGeneric(y, x)
}

func logGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Log(v)
	}
}
