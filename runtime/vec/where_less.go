package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// WhereLess computes dst = 0 where a ≥ b, else x, for every element.
func WhereLess(dst, x, a, b []float32) {
	if len(dst) != len(x) || len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			whereLessSIMD(&dst[0], &x[0], &a[0], &b[0], slice)
			dst, x, a, b = dst[slice:], x[slice:], a[slice:], b[slice:]
		}
		whereLessSIMD(&dst[0], &x[0], &a[0], &b[0], len(dst))
		return
	}
	whereLessGeneric(dst, x, a, b)
}

func whereLessGeneric(dst, x, a, b []float32) {
	for i, v := range x {
		dst[i] = scalar.WhereLess(v, a[i], b[i])
	}
}
