package optim

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

// Step updates w and v.
func (h Momentum) Step(w, g, v []float32, k uint64, lr float64, clip float32) {
	g, v = g[:len(w)], v[:len(w)]
	decay := float32(h.WeightDecay)
	keep, take, rate := float32(h.Momentum), float32(1-h.Dampening), float32(lr)
	switch {
	case h.Classical:
		take, rate = float32(lr), 1
	case k == 1:
		take = 1
	}
	for i, x := range w {
		v[i] = float32(keep*v[i]) + float32(take*gradient(g[i], x, clip, decay))
		w[i] = x - float32(rate*v[i])
	}
}
