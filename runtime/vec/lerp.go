package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// Lerp computes dst = a + t·(b − a), the product and the sum rounded once, for every element.
func Lerp(dst, a, b []float32, t float32) {
	if len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	if cpu.HasAVX2FMA {
		for len(dst) > slice {
			lerpAVX2(&dst[0], &a[0], &b[0], slice, t)
			dst, a, b = dst[slice:], a[slice:], b[slice:]
		}
		lerpAVX2(&dst[0], &a[0], &b[0], len(dst), t)
		return
	}
	lerpGeneric(dst, a, b, t)
}

func lerpGeneric(dst, a, b []float32, t float32) {
	for i := range dst {
		dst[i] = f32.FMA(t, b[i]-a[i], a[i])
	}
}
