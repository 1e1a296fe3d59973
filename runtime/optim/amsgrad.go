package optim

import "github.com/nngen/nngen/runtime/cpu"

// AMSGrad is Adam with the largest v so far in the divisor. Source: Reddi, Kale and Kumar, On the
// convergence of Adam and beyond, 2018.
type AMSGrad struct{ Beta1, Beta2, Eps, WeightDecay float64 }

// amsgradScalars is what all elements of a step share.
type amsgradScalars struct{ clip, decay, keep1, take1, keep2, take2, rate, root, eps float32 }

// Step updates w, m, v and top.
func (h AMSGrad) Step(w, g, m, v, top []float32, k uint64, lr float64, clip float32) {
	g, m, v, top = g[:len(w):len(g)], m[:len(w):len(m)], v[:len(w):len(v)], top[:len(w):len(top)]
	s := newAdam(h.Beta1, h.Beta2, h.Eps, h.WeightDecay, 1, k, lr, clip)
	c := amsgradScalars{s.clip, s.decay, s.keep1, s.take1, s.keep2, s.take2, s.rate, s.root, s.eps}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			amsgradSIMD(&w[at], &g[at], &m[at], &v[at], &top[at], min(slice, n-at), &c)
		}
	}
	amsgradGeneric(w[n:], g[n:], m[n:], v[n:], top[n:], &c)
}

func amsgradGeneric(w, g, m, v, top []float32, c *amsgradScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		m[i] = flush(float32(c.keep1*m[i]) + float32(c.take1*d))
		v[i] = flush(float32(c.keep2*v[i]) + float32(float32(c.take2*d)*d))
		top[i] = larger(top[i], v[i])
		w[i] = x - float32(c.rate*m[i])/(float32(sqrt32(top[i])*c.root)+c.eps)
	}
}
