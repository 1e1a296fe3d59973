package vec

// Square computes y = x², for every element.
func Square(y, x []float32) {
	if len(y) != len(x) {
		panic(badLength)
	}
	if len(x) == 0 {
		return
	}
	squareGeneric(y, x)
}

func squareGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = v * v
	}
}
