package optim

import "github.com/nngen/nngen/runtime/cpu"

// Nesterov is gradient descent with a velocity v that looks ahead:
//
//	v ← Momentum·v + g,  w ← w − lr·(g + Momentum·v)
type Nesterov struct{ Momentum, WeightDecay float64 }

// nesterovScalars is what all elements of a step share.
type nesterovScalars struct{ clip, decay, keep, rate float32 }

// Step updates w and v.
func (h Nesterov) Step(w, g, v []float32, _ uint64, lr float64, clip float32) {
	g, v = g[:len(w):len(g)], v[:len(w):len(v)]
	c := nesterovScalars{clip, float32(h.WeightDecay), float32(h.Momentum), float32(lr)}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			nesterovSIMD(&w[at], &g[at], &v[at], min(slice, n-at), &c)
		}
	}
	nesterovGeneric(w[n:], g[n:], v[n:], &c)
}

func nesterovGeneric(w, g, v []float32, c *nesterovScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		v[i] = flush(float32(c.keep*v[i]) + d)
		w[i] = x - float32(c.rate*(d+float32(c.keep*v[i])))
	}
}
