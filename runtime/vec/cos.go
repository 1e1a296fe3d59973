package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Cos computes y = cos x, for every element, x in radians. Stretches with an element of 2¹⁸ or more are computed
// without the kernel, which counts no more quarters of a circle.
func Cos(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	for len(x) > 0 {
		n := min(len(x), slice)
		if cpu.HasSIMD() && scalar.IsNear(x[:n]) {
			cpu.Preempt()
			cosSIMD(&y[0], &x[0], n)
		} else {
			cosGeneric(y[:n], x[:n])
		}
		y, x = y[n:], x[n:]
	}
}

func cosGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = scalar.Cos(v)
	}
}
