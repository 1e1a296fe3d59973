package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// AddScalar computes dst = x + α, for every element.
func AddScalar(dst, x []float32, alpha float32) {
	if len(dst) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			addScalarSIMD(&dst[0], &x[0], slice, alpha)
			dst, x = dst[slice:], x[slice:]
		}
		addScalarSIMD(&dst[0], &x[0], len(dst), alpha)
		return
	}
	addScalarGeneric(dst, x, alpha)
}

func addScalarGeneric(dst, x []float32, alpha float32) {
	for i, v := range x {
		dst[i] = v + alpha
	}
}
