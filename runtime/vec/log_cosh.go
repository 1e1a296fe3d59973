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
	if cpu.HasAVX2FMA {
		logCoshAVX2(&y[0], &x[0], len(x))
		return
	}
	logCoshGeneric(y, x)
}

func logCoshGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.LogCosh(v)
	}
}
