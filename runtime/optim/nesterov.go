package optim

// Nesterov is gradient descent with a velocity v that looks ahead:
//
//	v ← Momentum·v + g,  w ← w − lr·(g + Momentum·v)
type Nesterov struct{ Momentum, WeightDecay float64 }

// Step updates w and v.
func (h Nesterov) Step(w, g, v []float32, _ uint64, lr float64, clip float32) {
	g, v = g[:len(w)], v[:len(w)]
	keep, rate, decay := float32(h.Momentum), float32(lr), float32(h.WeightDecay)
	for i, x := range w {
		d := gradient(g[i], x, clip, decay)
		v[i] = float32(keep*v[i]) + d
		w[i] = x - float32(rate*(d+float32(keep*v[i])))
	}
}
