package vec

// Mul computes dst = a∘b, for every element.
func Mul(dst, a, b []float32) {
	if len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	mulGeneric(dst, a, b)
}

func mulGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}
