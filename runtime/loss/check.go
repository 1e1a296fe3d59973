package loss

const badShape = "loss: a size is negative or a slice too short for the sizes"

// check panics unless the slices hold n×f elements and w is nil or holds n.
func check(n, f int, y, t, w, dy []float32) {
	if !fits(n, f, len(y)) || !fits(n, f, len(t)) || w != nil && len(w) < n || dy != nil && !fits(n, f, len(dy)) {
		panic(badShape)
	}
}

// fits tells whether n rows of f elements lie in a slice of the given length.
func fits(n, f, length int) bool {
	return n >= 0 && f >= 0 && (f == 0 || n <= length/f)
}

// weight returns the weight of example i.
func weight(w []float32, i int) float32 {
	if w == nil {
		return 1
	}
	return w[i]
}

// factor returns scale·w·c/f, rounded once to float32.
func factor(scale, w float32, c float64, f int) float32 {
	return float32(float64(scale) * float64(w) * c / float64(f))
}

// mean returns w·s/f.
func mean(w float32, s float64, f int) float64 { return float64(w) * s / float64(f) }
