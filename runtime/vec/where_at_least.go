package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// WhereAtLeast computes dst = x where a ≥ b, else 0, for every element.
func WhereAtLeast(dst, x, a, b []float32) {
	if len(dst) != len(x) || len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			whereAtLeastSIMD(&dst[0], &x[0], &a[0], &b[0], slice)
			dst, x, a, b = dst[slice:], x[slice:], a[slice:], b[slice:]
		}
		whereAtLeastSIMD(&dst[0], &x[0], &a[0], &b[0], len(dst))
		return
	}
	whereAtLeastGeneric(dst, x, a, b)
}

func whereAtLeastGeneric(dst, x, a, b []float32) {
	for i, v := range x {
		dst[i] = scalar.WhereAtLeast(v, a[i], b[i])
	}
}
