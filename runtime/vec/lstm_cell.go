package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LSTMCell computes c = sigmoid(f)·last + sigmoid(i)·tanh(x), for every element. c may be last.
func LSTMCell(c, i, f, x, last []float32) {
	n := len(c)
	if len(i) != n || len(f) != n || len(x) != n || len(last) != n {
		panic(badLength)
	}
	if n == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(c) > slice {
			cpu.Preempt()
			lstmCellSIMD(&c[0], &i[0], &f[0], &x[0], &last[0], slice)
			c, i, f, x, last = c[slice:], i[slice:], f[slice:], x[slice:], last[slice:]
		}
		lstmCellSIMD(&c[0], &i[0], &f[0], &x[0], &last[0], len(c))
		return
	}
	lstmCellGeneric(c, i, f, x, last)
}

func lstmCellGeneric(c, i, f, x, last []float32) {
	for k := range c {
		kept := float32(scalar.Sigmoid(f[k]) * last[k])
		c[k] = kept + float32(scalar.Sigmoid(i[k])*scalar.Tanh(x[k]))
	}
}
