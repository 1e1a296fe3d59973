package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LSTMOut computes h = sigmoid(o)·tanh(c), for every element.
func LSTMOut(h, o, c []float32) {
	if len(h) != len(o) || len(h) != len(c) {
		panic(badLength)
	}
	if len(h) == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(h) > slice {
			cpu.Preempt()
			lstmOutSIMD(&h[0], &o[0], &c[0], slice)
			h, o, c = h[slice:], o[slice:], c[slice:]
		}
		lstmOutSIMD(&h[0], &o[0], &c[0], len(h))
		return
	}
	lstmOutGeneric(h, o, c)
}

func lstmOutGeneric(h, o, c []float32) {
	for k := range h {
		h[k] = scalar.Tanh(c[k]) * scalar.Sigmoid(o[k])
	}
}
