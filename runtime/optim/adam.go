package optim

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
)

// Adam divides the running mean of gradients by the root of that of their squares, both corrected for
// their start at zero:
//
//	m ← Beta1·m + (1 − Beta1)·g,  v ← Beta2·v + (1 − Beta2)·g²
//	w ← w − lr/(1 − Beta1ᵏ)·m/(√v/√(1 − Beta2ᵏ) + Eps)
//
// Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015.
type Adam struct{ Beta1, Beta2, Eps, WeightDecay float64 }

// adamScalars is what all elements of a step share.
type adamScalars struct {
	clip, decay, shrink        float32
	keep1, take1, keep2, take2 float32
	rate, root, eps            float32 // lr/(1 − Beta1ᵏ), 1/√(1 − Beta2ᵏ)
}

func newAdam(beta1, beta2, eps, decay, shrink float64, k uint64, lr float64, clip float32) adamScalars {
	power1, power2 := powers(beta1, beta2, k)
	return adamScalars{
		clip: clip, decay: float32(decay), shrink: float32(shrink),
		keep1: float32(beta1), take1: float32(1 - beta1), keep2: float32(beta2), take2: float32(1 - beta2),
		rate: float32(lr / (1 - power1)), root: float32(1 / math.Sqrt(1-power2)), eps: float32(eps),
	}
}

// Step updates w, m and v.
func (h Adam) Step(w, g, m, v []float32, k uint64, lr float64, clip float32) {
	adamStep(w, g, m, v, newAdam(h.Beta1, h.Beta2, h.Eps, h.WeightDecay, 1, k, lr, clip))
}

// AdamW is Adam with decoupled weight decay: w shrinks by 1 − lr·WeightDecay first. Source: Loshchilov
// and Hutter, Decoupled weight decay regularization, 2019.
type AdamW struct{ Beta1, Beta2, Eps, WeightDecay float64 }

// Step updates w, m and v.
func (h AdamW) Step(w, g, m, v []float32, k uint64, lr float64, clip float32) {
	adamStep(w, g, m, v, newAdam(h.Beta1, h.Beta2, h.Eps, 0, 1-float64(lr*h.WeightDecay), k, lr, clip))
}

func adamStep(w, g, m, v []float32, s adamScalars) {
	g, m, v = g[:len(w):len(g)], m[:len(w):len(m)], v[:len(w):len(v)]
	n := 0
	if cpu.HasSIMD() {
		n = len(w) &^ (lanes - 1)
	}
	adamGeneric(w[n:], g[n:], m[n:], v[n:], &s) // first, so that the kernel does not wait for these few
	for at := 0; at < n; at += slice {
		cpu.Preempt()
		adamSIMD(&w[at], &g[at], &m[at], &v[at], min(slice, n-at), &s)
	}
}

func adamGeneric(w, g, m, v []float32, s *adamScalars) {
	for i, x := range w {
		d := gradient(g[i], x, s.clip, s.decay)
		m[i] = flush(float32(s.keep1*m[i]) + float32(s.take1*d))
		v[i] = flush(float32(s.keep2*v[i]) + float32(float32(s.take2*d)*d))
		w[i] = float32(x*s.shrink) - float32(s.rate*m[i])/(float32(sqrt32(v[i])*s.root)+s.eps)
	}
}
