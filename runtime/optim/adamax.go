package optim

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
)

// Adamax is Adam with the infinity norm:
//
//	m ← Beta1·m + (1 − Beta1)·g,  s ← max(Beta2·s, |g| + Eps),  w ← w − lr/(1 − Beta1ᵏ)·m/s
//
// Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015, §7.1.
type Adamax struct{ Beta1, Beta2, Eps, WeightDecay float64 }

// adamaxScalars is what all elements of a step share.
type adamaxScalars struct{ clip, decay, keep1, take1, keep2, rate, eps float32 }

// Step updates w, m and s.
func (h Adamax) Step(w, g, m, s []float32, k uint64, lr float64, clip float32) {
	g, m, s = g[:len(w):len(g)], m[:len(w):len(m)], s[:len(w):len(s)]
	a := newAdam(h.Beta1, h.Beta2, h.Eps, h.WeightDecay, 1, k, lr, clip)
	c := adamaxScalars{a.clip, a.decay, a.keep1, a.take1, a.keep2, a.rate, a.eps}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			adamaxSIMD(&w[at], &g[at], &m[at], &s[at], min(slice, n-at), &c)
		}
	}
	adamaxGeneric(w[n:], g[n:], m[n:], s[n:], &c)
}

func adamaxGeneric(w, g, m, s []float32, c *adamaxScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		m[i] = flush(float32(c.keep1*m[i]) + float32(c.take1*d))
		s[i] = larger(float32(c.keep2*s[i]), math.Float32frombits(math.Float32bits(d)&^(1<<31))+c.eps)
		w[i] = x - float32(c.rate*m[i])/s[i]
	}
}
