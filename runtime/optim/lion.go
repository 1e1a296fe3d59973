package optim

import "github.com/nngen/nngen/runtime/cpu"

// Lion takes steps of one size, in the direction that the sign of a running mean of gradients gives, with decoupled weight
// decay:
//
//	c = Beta1·m + (1 − Beta1)·g,  w ← (1 − lr·WeightDecay)·w − lr·sign(c),  m ← Beta2·m + (1 − Beta2)·g
//
// The sign of 0 is 0; that of NaN is NaN.
//
// Source: Chen et al., Symbolic discovery of optimization algorithms, 2023, program 1.
type Lion struct{ Beta1, Beta2, WeightDecay float64 }

// lionScalars is what all elements of a step share.
type lionScalars struct{ clip, decay, shrink, keep1, take1, keep2, take2, rate float32 }

// Step updates w and m.
func (h Lion) Step(w, g, m []float32, _ uint64, lr float64, clip float32) {
	g, m = g[:len(w):len(g)], m[:len(w):len(m)]
	c := lionScalars{
		clip: clip, shrink: float32(1 - float64(lr*h.WeightDecay)), rate: float32(lr),
		keep1: float32(h.Beta1), take1: float32(1 - h.Beta1), keep2: float32(h.Beta2), take2: float32(1 - h.Beta2),
	}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			lionSIMD(&w[at], &g[at], &m[at], min(slice, n-at), &c)
		}
	}
	lionGeneric(w[n:], g[n:], m[n:], &c)
}

func lionGeneric(w, g, m []float32, c *lionScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		way := float32(c.keep1*m[i]) + float32(c.take1*d)
		step := c.rate
		switch {
		case way < 0:
			step = -step
		case !(way > 0):
			step = way // ±0, or NaN
		}
		w[i] = float32(c.shrink*x) - step
		m[i] = flush(float32(c.keep2*m[i]) + float32(c.take2*d))
	}
}
