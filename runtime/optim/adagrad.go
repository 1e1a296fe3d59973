package optim

import "github.com/nngen/nngen/runtime/cpu"

// Adagrad divides by the root of the sum of all squares so far:
//
//	s ← s + g²,  w ← w − lr/(1 + (k − 1)·LRDecay)·g/(√s + Eps)
//
// with s = InitialAccumulator before the first step. Source: Duchi, Hazan and Singer, Adaptive
// subgradient methods for online learning and stochastic optimization, 2011.
type Adagrad struct{ LRDecay, InitialAccumulator, Eps, WeightDecay float64 }

// adagradScalars is what all elements of a step share.
type adagradScalars struct{ clip, decay, start, rate, eps float32 }

// Step updates w and s.
func (h Adagrad) Step(w, g, s []float32, k uint64, lr float64, clip float32) {
	g, s = g[:len(w):len(g)], s[:len(w):len(s)]
	c := adagradScalars{clip: clip, decay: float32(h.WeightDecay), eps: float32(h.Eps)}
	c.rate = float32(lr / (1 + float64(float64(k-1)*h.LRDecay)))
	if k == 1 {
		c.start = float32(h.InitialAccumulator)
	}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			adagradSIMD(&w[at], &g[at], &s[at], min(slice, n-at), &c)
		}
	}
	adagradGeneric(w[n:], g[n:], s[n:], &c)
}

func adagradGeneric(w, g, s []float32, c *adagradScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		s[i] = (s[i] + c.start) + float32(d*d)
		w[i] = x - float32(c.rate*d)/(sqrt32(s[i])+c.eps)
	}
}
