package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Sin computes y = sin x, for every element, x in radians. Stretches with an element of 2¹⁸ or more are computed
// without the kernel, which counts no more quarters of a circle.
func Sin(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	for len(x) > 0 {
		n := min(len(x), slice)
		if cpu.HasSIMD() && scalar.IsNear(x[:n]) {
			cpu.Preempt()
			sinSIMD(&y[0], &x[0], n)
		} else {
			sinGeneric(y[:n], x[:n])
		}
		y, x = y[n:], x[n:]
	}
}

func sinGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Sin(v)
	}
}
