package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// Mul computes dst = a∘b, for every element.
func Mul(dst, a, b []float32) {
	if len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			mulSIMD(&dst[0], &a[0], &b[0], slice)
			dst, a, b = dst[slice:], a[slice:], b[slice:]
		}
		mulSIMD(&dst[0], &a[0], &b[0], len(dst))
		return
	}
	mulGeneric(dst, a, b)
}

func mulGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}
