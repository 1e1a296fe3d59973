package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Exp computes y = eˣ, for every element.
func Exp(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		expAVX2(&y[0], &x[0], len(x))
		return
	}
	expGeneric(y, x)
}

func expGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Exp(v)
	}
}
