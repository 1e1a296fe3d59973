package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// Neg computes y = −x, for every element.
func Neg(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		for len(y) > slice {
			negAVX2(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		negAVX2(&y[0], &x[0], len(y))
		return
	}
	negGeneric(y, x)
}

func negGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = -v
	}
}
