package vec

// Neg computes y = −x, for every element.
func Neg(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	negGeneric(y, x)
}

func negGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = -v
	}
}
