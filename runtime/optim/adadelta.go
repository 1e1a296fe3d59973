package optim

import "github.com/nngen/nngen/runtime/cpu"

// Adadelta scales by the ratio of the running means of past changes and gradients:
//
//	s ← Rho·s + (1 − Rho)·g²,  Δ = √(a + Eps)/√(s + Eps)·g,  a ← Rho·a + (1 − Rho)·Δ²,  w ← w − lr·Δ
//
// Source: Zeiler, ADADELTA: an adaptive learning rate method, 2012.
type Adadelta struct{ Rho, Eps, WeightDecay float64 }

// adadeltaScalars is what all elements of a step share.
type adadeltaScalars struct{ clip, decay, keep, take, rate, eps float32 }

// Step updates w, s and a.
func (h Adadelta) Step(w, g, s, a []float32, _ uint64, lr float64, clip float32) {
	g, s, a = g[:len(w):len(g)], s[:len(w):len(s)], a[:len(w):len(a)]
	c := adadeltaScalars{clip, float32(h.WeightDecay), float32(h.Rho), float32(1 - h.Rho), float32(lr), float32(h.Eps)}
	n := 0
	if cpu.HasSIMD() && len(w) >= lanes {
		n = len(w) &^ (lanes - 1)
		for at := 0; at < n; at += slice {
			cpu.Preempt()
			adadeltaSIMD(&w[at], &g[at], &s[at], &a[at], min(slice, n-at), &c)
		}
	}
	adadeltaGeneric(w[n:], g[n:], s[n:], a[n:], &c)
}

func adadeltaGeneric(w, g, s, a []float32, c *adadeltaScalars) {
	for i, x := range w {
		d := gradient(g[i], x, c.clip, c.decay)
		s[i] = flush(float32(c.keep*s[i]) + float32(float32(c.take*d)*d))
		delta := float32(sqrt32(a[i]+c.eps)/sqrt32(s[i]+c.eps)) * d
		a[i] = flush(float32(c.keep*a[i]) + float32(float32(c.take*delta)*delta))
		w[i] = x - float32(c.rate*delta)
	}
}
