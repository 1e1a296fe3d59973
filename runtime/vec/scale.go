package vec

// Scale computes dst = α·x, for every element.
func Scale(dst, x []float32, alpha float32) {
	if len(dst) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	scaleGeneric(dst, x, alpha)
}

func scaleGeneric(dst, x []float32, alpha float32) {
	for i, v := range x {
		dst[i] = v * alpha
	}
}
