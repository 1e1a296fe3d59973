package vec

import (
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
	lerpGeneric(dst, a, b, t)
}

func lerpGeneric(dst, a, b []float32, t float32) {
	for i := range dst {
		dst[i] = f32.FMA(t, b[i]-a[i], a[i])
	}
}
