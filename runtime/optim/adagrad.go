package optim

// Adagrad divides by the root of the sum of all squares so far:
//
//	s ← s + g²,  w ← w − lr/(1 + (k − 1)·LRDecay)·g/(√s + Eps)
//
// with s = InitialAccumulator before the first step. Source: Duchi, Hazan and Singer, Adaptive
// subgradient methods for online learning and stochastic optimization, 2011.
type Adagrad struct{ LRDecay, InitialAccumulator, Eps, WeightDecay float64 }

// Step updates w and s.
func (h Adagrad) Step(w, g, s []float32, k uint64, lr float64, clip float32) {
	g, s = g[:len(w)], s[:len(w)]
	decay, eps := float32(h.WeightDecay), float32(h.Eps)
	rate := float32(lr / (1 + float64(float64(k-1)*h.LRDecay)))
	start := float32(0)
	if k == 1 {
		start = float32(h.InitialAccumulator)
	}
	for i, x := range w {
		d := gradient(g[i], x, clip, decay)
		s[i] = (s[i] + start) + float32(d*d)
		w[i] = x - float32(rate*d)/(sqrt32(s[i])+eps)
	}
}
