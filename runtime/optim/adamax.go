package optim

// Adamax is Adam with the infinity norm:
//
//	m ← Beta1·m + (1 − Beta1)·g,  s ← max(Beta2·s, |g| + Eps),  w ← w − lr/(1 − Beta1ᵏ)·m/s
//
// Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015, §7.1.
type Adamax struct{ Beta1, Beta2, Eps, WeightDecay float64 }

// Step updates w, m and s.
func (h Adamax) Step(w, g, m, s []float32, k uint64, lr float64, clip float32) {
	g, m, s = g[:len(w)], m[:len(w)], s[:len(w)]
	c := newAdam(h.Beta1, h.Beta2, h.Eps, h.WeightDecay, 1, k, lr, clip)
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		m[i] = float32(c.keep1*m[i]) + float32(c.take1*d)
		s[i] = max(float32(c.keep2*s[i]), max(d, -d)+c.eps)
		w[i] = x - float32(c.rate*m[i])/s[i]
	}
}
