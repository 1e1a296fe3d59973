package optim

// SGD is plain gradient descent:
//
//	g ← clip·g + WeightDecay·w,  w ← w − lr·g
type SGD struct{ WeightDecay float64 }

// Step updates w.
func (h SGD) Step(w, g []float32, _ uint64, lr float64, clip float32) {
	g = g[:len(w)]
	rate, decay := float32(lr), float32(h.WeightDecay)
	for i, x := range w {
		w[i] = x - float32(rate*gradient(g[i], x, clip, decay))
	}
}
