package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Min computes dst = the smaller of a and b, NaN if one of them is, for every element.
func Min(dst, a, b []float32) {
	if len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			minSIMD(&dst[0], &a[0], &b[0], slice)
			dst, a, b = dst[slice:], a[slice:], b[slice:]
		}
		minSIMD(&dst[0], &a[0], &b[0], len(dst))
		return
	}
	minGeneric(dst, a, b)
}

func minGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = scalar.Min(a[i], b[i])
	}
}
