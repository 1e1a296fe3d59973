package optim

import "github.com/nngen/nngen/runtime/cpu"

// RMSProp divides by the root of the running mean of squares:
//
//	s ← Alpha·s + (1 − Alpha)·g²,  w ← w − lr·g/(√s + Eps)
//
// Centered takes the square of the running mean of g from s first. With Momentum > 0 the quotient goes
// into a velocity: v ← Momentum·v + g/(√s + Eps), w ← w − lr·v. Source: Tieleman and Hinton, Lecture
// 6.5, 2012; Graves, Generating sequences with recurrent neural networks, 2013.
type RMSProp struct {
	Alpha, Eps, Momentum float64
	Centered             bool
	WeightDecay          float64
}

// rmspropScalars is what all elements of a step share.
type rmspropScalars struct{ clip, decay, keep, take, rate, eps float32 }

// Step updates w, s, and, where they are used, mean and v, which are else nil.
func (h RMSProp) Step(w, g, s, mean, v []float32, _ uint64, lr float64, clip float32) {
	g, s = g[:len(w)], s[:len(w)]
	c := rmspropScalars{clip, float32(h.WeightDecay), float32(h.Alpha), float32(1 - h.Alpha), float32(lr), float32(h.Eps)}
	if h.Centered || h.Momentum > 0 {
		h.general(w, g, s, mean, v, &c)
		return
	}
	n := 0
	if cpu.HasAVX2FMA && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		rmspropAVX2(&w[0], &g[0], &s[0], n, &c)
	}
	rmspropGeneric(w[n:], g[n:], s[n:], &c)
}

func rmspropGeneric(w, g, s []float32, c *rmspropScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		s[i] = float32(c.keep*s[i]) + float32(float32(c.take*d)*d)
		w[i] = x - float32(c.rate*(d/(sqrt32(s[i])+c.eps)))
	}
}

// general is the centered form, and that with momentum.
func (h RMSProp) general(w, g, s, mean, v []float32, c *rmspropScalars) {
	mu := float32(h.Momentum)
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		s[i] = float32(c.keep*s[i]) + float32(float32(c.take*d)*d)
		avg := s[i]
		if h.Centered {
			mean[i] += float32(c.take * (d - mean[i]))
			avg = max(avg-float32(mean[i]*mean[i]), 0)
		}
		q := d / (sqrt32(avg) + c.eps)
		if mu > 0 {
			v[i] = float32(mu*v[i]) + q
			q = v[i]
		}
		w[i] = x - float32(c.rate*q)
	}
}
