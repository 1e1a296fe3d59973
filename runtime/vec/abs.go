package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Abs computes y = |x|, for every element.
func Abs(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(y) > slice {
			cpu.Preempt()
			absSIMD(&y[0], &x[0], slice)
			y, x = y[slice:], x[slice:]
		}
		absSIMD(&y[0], &x[0], len(y))
		return
	}
	absGeneric(y, x)
}

func absGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Abs(v)
	}
}
