package optim

// RMSProp divides by the root of the running mean of squares:
//
//	s ← Alpha·s + (1 − Alpha)·g²,  w ← w − lr·g/(√s + Eps)
//
// Centered takes the square of the running mean of g from s first. With Momentum > 0 the quotient goes
// into a velocity: v ← Momentum·v + g/(√s + Eps), w ← w − lr·v. Source: Tieleman and Hinton, Lecture
// 6.5, 2012; Graves, Generating sequences with recurrent neural networks, 2013.
type RMSProp struct {
	Alpha, Eps, Momentum float64
	Centered             bool
	WeightDecay          float64
}

// Step updates w, s, and, where they are used, mean and v, which are else nil.
func (h RMSProp) Step(w, g, s, mean, v []float32, _ uint64, lr float64, clip float32) {
	g, s = g[:len(w)], s[:len(w)]
	decay, eps, rate := float32(h.WeightDecay), float32(h.Eps), float32(lr)
	keep, take, mu := float32(h.Alpha), float32(1-h.Alpha), float32(h.Momentum)
	for i, x := range w {
		d := gradient(g[i], x, clip, decay)
		s[i] = float32(keep*s[i]) + float32(float32(take*d)*d)
		avg := s[i]
		if h.Centered {
			mean[i] += float32(take * (d - mean[i]))
			avg = max(avg-float32(mean[i]*mean[i]), 0)
		}
		q := d / (sqrt32(avg) + eps)
		if mu > 0 {
			v[i] = float32(mu*v[i]) + q
			q = v[i]
		}
		w[i] = x - float32(rate*q)
	}
}
