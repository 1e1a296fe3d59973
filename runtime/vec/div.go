package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// Div computes dst = a/b, for every element.
func Div(dst, a, b []float32) {
	if len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			divSIMD(&dst[0], &a[0], &b[0], slice)
			dst, a, b = dst[slice:], a[slice:], b[slice:]
		}
		divSIMD(&dst[0], &a[0], &b[0], len(dst))
		return
	}
	divGeneric(dst, a, b)
}

func divGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}
