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
type rmspropScalars struct{ clip, decay, keep, take, rate, eps, momentum float32 }

// Step updates w, s, and, where they are used, mean and v, which are else nil.
func (h RMSProp) Step(w, g, s, mean, v []float32, _ uint64, lr float64, clip float32) {
	g, s = g[:len(w):len(g)], s[:len(w):len(s)]
	c := rmspropScalars{clip, float32(h.WeightDecay), float32(h.Alpha), float32(1 - h.Alpha), float32(lr), float32(h.Eps), float32(h.Momentum)}
	if h.Centered || h.Momentum > 0 {
		h.full(w, g, s, mean, v, &c)
		return
	}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			rmspropSIMD(&w[at], &g[at], &s[at], min(slice, n-at), &c)
		}
	}
	rmspropGeneric(w[n:], g[n:], s[n:], &c)
}

func rmspropGeneric(w, g, s []float32, c *rmspropScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		s[i] = flush(float32(c.keep*s[i]) + float32(float32(c.take*d)*d))
		w[i] = x - float32(c.rate*(d/(sqrt32(s[i])+c.eps)))
	}
}

// full is the centered form, and that with momentum.
func (h RMSProp) full(w, g, s, mean, v []float32, c *rmspropScalars) {
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
	}
	if h.Centered {
		mean = mean[:len(w):len(mean)]
	}
	if h.Momentum > 0 {
		v = v[:len(w):len(v)]
	}
	switch {
	case n == 0:
	case h.Centered && h.Momentum > 0:
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			rmspropCenteredMomentumSIMD(&w[at], &g[at], &s[at], &mean[at], &v[at], min(slice, n-at), c)
		}
		mean, v = mean[n:], v[n:]
	case h.Centered:
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			rmspropCenteredSIMD(&w[at], &g[at], &s[at], &mean[at], min(slice, n-at), c)
		}
		mean = mean[n:]
	default:
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			rmspropMomentumSIMD(&w[at], &g[at], &s[at], &v[at], min(slice, n-at), c)
		}
		v = v[n:]
	}
	rmspropFullGeneric(w[n:], g[n:], s[n:], mean, v, h.Centered, h.Momentum > 0, c)
}

func rmspropFullGeneric(w, g, s, mean, v []float32, centered, velocity bool, c *rmspropScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		s[i] = flush(float32(c.keep*s[i]) + float32(float32(c.take*d)*d))
		avg := s[i]
		if centered {
			mean[i] = flush(mean[i] + float32(c.take*(d-mean[i])))
			avg -= float32(mean[i] * mean[i])
			if 0 > avg {
				avg = 0
			}
		}
		q := d / (sqrt32(avg) + c.eps)
		if velocity {
			v[i] = flush(float32(c.momentum*v[i]) + q)
			q = v[i]
		}
		w[i] = x - float32(c.rate*q)
	}
}
