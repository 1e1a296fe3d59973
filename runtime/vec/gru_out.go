package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GRUOut computes h = a + sigmoid(z)·(last − a) with a = tanh(x + sigmoid(r)·q), for every element. h may be last.
func GRUOut(h, z, r, x, q, last []float32) {
	n := len(h)
	if len(z) != n || len(r) != n || len(x) != n || len(q) != n || len(last) != n {
		panic(badLength)
	}
	if n == 0 {
		return
	}
	if cpu.HasSIMD() {
		for len(h) > slice {
			cpu.Preempt()
			gruOutSIMD(&h[0], &z[0], &r[0], &x[0], &q[0], &last[0], slice)
			h, z, r, x, q, last = h[slice:], z[slice:], r[slice:], x[slice:], q[slice:], last[slice:]
		}
		gruOutSIMD(&h[0], &z[0], &r[0], &x[0], &q[0], &last[0], len(h))
		return
	}
	gruOutGeneric(h, z, r, x, q, last)
}

func gruOutGeneric(h, z, r, x, q, last []float32) {
	for k := range h {
		a := scalar.Tanh(x[k] + float32(scalar.Sigmoid(r[k])*q[k]))
		h[k] = a + float32((last[k]-a)*scalar.Sigmoid(z[k]))
	}
}
