package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
)

// Scale computes dst = α·x, for every element.
func Scale(dst, x []float32, alpha float32) {
	if len(dst) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(dst) > slice {
			cpu.Preempt()
			scaleSIMD(&dst[0], &x[0], slice, alpha)
			dst, x = dst[slice:], x[slice:]
		}
		scaleSIMD(&dst[0], &x[0], len(dst), alpha)
		return
	}
	scaleGeneric(dst, x, alpha)
}

func scaleGeneric(dst, x []float32, alpha float32) {
	for i, v := range x {
		dst[i] = v * alpha
	}
}
