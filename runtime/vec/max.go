package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// Max computes dst = the larger of a and b, NaN if one of them is, for every element.
func Max(dst, a, b []float32) {
	if len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			maxSIMD(&dst[0], &a[0], &b[0], slice)
			dst, a, b = dst[slice:], a[slice:], b[slice:]
		}
		maxSIMD(&dst[0], &a[0], &b[0], len(dst))
		return
	}
	maxGeneric(dst, a, b)
}

func maxGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = scalar.Max(a[i], b[i])
	}
}
