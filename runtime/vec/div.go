package vec

// Div computes dst = a/b, for every element.
func Div(dst, a, b []float32) {
	if len(dst) != len(a) || len(dst) != len(b) {
		panic(badLength)
	}
	if len(dst) == 0 {
		return
	}
	divGeneric(dst, a, b)
}

func divGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}
