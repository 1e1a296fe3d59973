package optim

import "github.com/nngen/nngen/runtime/cpu"

// SGD is plain gradient descent:
//
//	g ← clip·g + WeightDecay·w,  w ← w − lr·g
type SGD struct{ WeightDecay float64 }

// sgdScalars is what all elements of a step share.
type sgdScalars struct{ clip, decay, rate float32 }

// Step updates w.
func (h SGD) Step(w, g []float32, _ uint64, lr float64, clip float32) {
	g = g[:len(w):len(g)]
	c := sgdScalars{clip, float32(h.WeightDecay), float32(lr)}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			sgdSIMD(&w[at], &g[at], min(slice, n-at), &c)
		}
	}
	sgdGeneric(w[n:], g[n:], &c)
}

func sgdGeneric(w, g []float32, c *sgdScalars) {
	for i, x := range w {
		w[i] = x - float32(c.rate*gradient(g[i], x, c.clip, c.decay))
	}
}
