package optim

// Adadelta scales by the ratio of the running means of past changes and gradients:
//
//	s ← Rho·s + (1 − Rho)·g²,  Δ = √(a + Eps)/√(s + Eps)·g,  a ← Rho·a + (1 − Rho)·Δ²,  w ← w − lr·Δ
//
// Source: Zeiler, ADADELTA: an adaptive learning rate method, 2012.
type Adadelta struct{ Rho, Eps, WeightDecay float64 }

// Step updates w, s and a.
func (h Adadelta) Step(w, g, s, a []float32, _ uint64, lr float64, clip float32) {
	g, s, a = g[:len(w)], s[:len(w)], a[:len(w)]
	decay, eps, rate := float32(h.WeightDecay), float32(h.Eps), float32(lr)
	keep, take := float32(h.Rho), float32(1-h.Rho)
	for i, x := range w {
		d := gradient(g[i], x, clip, decay)
		s[i] = float32(keep*s[i]) + float32(float32(take*d)*d)
		delta := float32(sqrt32(a[i]+eps)/sqrt32(s[i]+eps)) * d
		a[i] = float32(keep*a[i]) + float32(float32(take*delta)*delta)
		w[i] = x - float32(rate*delta)
	}
}
