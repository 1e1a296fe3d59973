package optim

import "github.com/nngen/nngen/runtime/cpu"

// Momentum is gradient descent with a velocity v, in PyTorch's form or in the classical one, which
// differ where lr varies:
//
//	v ← g at the first step, else Momentum·v + (1 − Dampening)·g;  w ← w − lr·v
//	classical:  v ← Momentum·v + lr·g;  w ← w − v
//
// Source of the latter: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
type Momentum struct {
	Momentum, Dampening float64
	Classical           bool
	WeightDecay         float64
}

// momentumScalars is what all elements of a step share.
type momentumScalars struct{ clip, decay, keep, take, rate float32 }

// Step updates w and v.
func (h Momentum) Step(w, g, v []float32, k uint64, lr float64, clip float32) {
	g, v = g[:len(w):len(g)], v[:len(w):len(v)]
	c := momentumScalars{clip, float32(h.WeightDecay), float32(h.Momentum), float32(1 - h.Dampening), float32(lr)}
	switch {
	case h.Classical:
		c.take, c.rate = float32(lr), 1
	case k == 1:
		c.take = 1
	}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			momentumSIMD(&w[at], &g[at], &v[at], min(slice, n-at), &c)
		}
	}
	momentumGeneric(w[n:], g[n:], v[n:], &c)
}

func momentumGeneric(w, g, v []float32, c *momentumScalars) {
	for i, x := range w {
		v[i] = flush(float32(c.keep*v[i]) + float32(c.take*gradient(g[i], x, c.clip, c.decay)))
		w[i] = x - float32(c.rate*v[i])
	}
}
