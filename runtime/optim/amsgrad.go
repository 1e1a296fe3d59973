package optim

// AMSGrad is Adam with the largest v so far in the divisor. Source: Reddi, Kale and Kumar, On the
// convergence of Adam and beyond, 2018.
type AMSGrad struct{ Beta1, Beta2, Eps, WeightDecay float64 }

// Step updates w, m, v and top.
func (h AMSGrad) Step(w, g, m, v, top []float32, k uint64, lr float64, clip float32) {
	g, m, v, top = g[:len(w)], m[:len(w)], v[:len(w)], top[:len(w)]
	s := newAdam(h.Beta1, h.Beta2, h.Eps, h.WeightDecay, 1, k, lr, clip)
	for i, x := range w {
		d := gradient(g[i], x, s.clip, s.decay)
		m[i] = float32(s.keep1*m[i]) + float32(s.take1*d)
		v[i] = float32(s.keep2*v[i]) + float32(float32(s.take2*d)*d)
		top[i] = max(top[i], v[i])
		w[i] = x - float32(s.rate*m[i])/(float32(sqrt32(top[i])*s.root)+s.eps)
	}
}
