package initial

// Ones fills dst with 1.
func Ones(dst []float32) { Constant(dst, 1) }

// Constant fills dst with v.
func Constant(dst []float32, v float64) {
	for i := range dst {
		dst[i] = float32(v)
	}
}

// Identity fills dst, a rows×cols matrix, with gain on the diagonal and 0 elsewhere.
func Identity(dst []float32, rows, cols int, gain float64) {
	clear(dst)
	for i := range min(rows, cols) {
		dst[i*cols+i] = float32(gain)
	}
}
