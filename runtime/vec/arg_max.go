package vec

// ArgMax returns the first index of the largest element, that of the first NaN if there is
// one, −1 if there is nothing.
func ArgMax(x []float32) int {
	best := -1
	for i, v := range x {
		if v != v {
			return i
		}
		if best < 0 || v > x[best] {
			best = i
		}
	}
	return best
}
