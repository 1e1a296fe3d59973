package fit

// Weight returns the sum of the weights of n examples, added in order in float64; n if weights is
// nil, each example then counting 1.
func Weight(n int, weights []float32) float64 {
	if weights == nil {
		return float64(n)
	}
	sum := 0.0
	for _, w := range weights[:n] {
		sum += float64(w)
	}
	return sum
}

// Cut returns the weights of examples [from, to); nil if weights is nil.
func Cut(weights []float32, from, to int) []float32 {
	if weights == nil {
		return nil
	}
	return weights[from:to]
}
