package optim

import "github.com/nngen/nngen/runtime/cpu"

// NAdam is Adam with Nesterov's momentum, whose schedule is μₜ = Beta1·(1 − 0.96^(t·MomentumDecay)/2):
//
//	w ← w − lr·(1 − μₖ)/(1 − Πμ)·g/d − lr·μₖ₊₁/(1 − μₖ₊₁·Πμ)·m/d,  d = √(v/(1 − Beta2ᵏ)) + Eps
//
// with Πμ over the steps up to k. Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.
type NAdam struct{ Beta1, Beta2, Eps, WeightDecay, MomentumDecay float64 }

// nadamScalars is what all elements of a step share.
type nadamScalars struct{ clip, decay, keep1, take1, keep2, take2, root, eps, direct, ahead float32 }

// Step updates w, m and v. It takes time proportional to k beside that for the elements, until the
// product of the momenta has become too small to count.
func (h NAdam) Step(w, g, m, v []float32, k uint64, lr float64, clip float32) {
	g, m, v = g[:len(w):len(g)], m[:len(w):len(m)], v[:len(w):len(v)]
	s := newAdam(h.Beta1, h.Beta2, h.Eps, h.WeightDecay, 1, k, lr, clip)
	product := 1.0
	for t := uint64(1); t <= k && product > 0x1p-60; t++ {
		product = float64(product * h.mu(t))
	}
	now, next := h.mu(k), h.mu(k+1)
	direct := float32(float64(lr*(1-now)) / (1 - product))
	ahead := float32(float64(lr*next) / (1 - float64(product*next)))
	c := nadamScalars{s.clip, s.decay, s.keep1, s.take1, s.keep2, s.take2, s.root, s.eps, direct, ahead}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			nadamSIMD(&w[at], &g[at], &m[at], &v[at], min(slice, n-at), &c)
		}
	}
	nadamGeneric(w[n:], g[n:], m[n:], v[n:], &c)
}

func nadamGeneric(w, g, m, v []float32, c *nadamScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		m[i] = flush(float32(c.keep1*m[i]) + float32(c.take1*d))
		v[i] = flush(float32(c.keep2*v[i]) + float32(float32(c.take2*d)*d))
		den := float32(sqrt32(v[i])*c.root) + c.eps
		w[i] = (x - float32(c.direct*d)/den) - float32(c.ahead*m[i])/den
	}
}

// mu returns the momentum of step t: 0.96^x is e^(x·ln 0.96), by the series of e.
func (h NAdam) mu(t uint64) float64 {
	const ln096 = -0.040821994520255129554577065155319
	x := float64(float64(float64(t)*h.MomentumDecay) * ln096)
	halvings := 0
	for x < -0.5 {
		x /= 2
		halvings++
	}
	term, sum := 1.0, 1.0
	for n := 1; n < 20; n++ {
		term = float64(term*x) / float64(n)
		sum += term
	}
	for range halvings {
		sum = float64(sum * sum)
	}
	return float64(h.Beta1 * (1 - sum/2))
}
