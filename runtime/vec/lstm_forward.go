package vec

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LSTMForward takes a step of long short-term memories: the gates before their functions become those after,
//
//	i, f, o = sigmoid(i), sigmoid(f), sigmoid(o),  g = tanh(g)    in the order i, f, g, o
//	c = f∘last + i∘g,  a = tanh(c),  h = a∘o
//
// and a lies behind them.
//
//	gates     n×5u
//	c, last   n×u
//	h         n×u, row stride ldh
//
// Slices must not overlap.
func LSTMForward(n, u int, gates, c, h []float32, ldh int, last []float32) {
	if !fits(n, u, len(c)) || !fits(5*n, u, len(gates)) || !fits(n, u, len(last)) || !strided(n, u, ldh, len(h)) {
		panic(badShape)
	}
	if n == 0 || u == 0 {
		return
	}
	if cpu.HasSIMD() {
		cells(n, u, func(i, rows, j, cols int) {
			at := i*u + j
			lstmForwardSIMD(rows, cols, u, &gates[5*i*u+j], &c[at], &h[i*ldh+j], &last[at], 5*u, u, ldh, u)
		})
		return
	}
	lstmForwardGeneric(n, u, gates, c, h, ldh, last)
}

func lstmForwardGeneric(n, u int, gates, c, h []float32, ldh int, last []float32) {
	for row := range n {
		gate := gates[5*row*u:][:5*u]
		i, f, g, o, a := gate[:u], gate[u:2*u], gate[2*u:3*u], gate[3*u:4*u], gate[4*u:]
		c, h, last := c[row*u:][:u], h[row*ldh:][:u], last[row*u:][:u]
		for k := range u {
			i[k], f[k], g[k], o[k] = scalar.Sigmoid(i[k]), scalar.Sigmoid(f[k]), scalar.Tanh(g[k]), scalar.Sigmoid(o[k])
			c[k] = float32(f[k]*last[k]) + float32(i[k]*g[k])
			a[k] = scalar.Tanh(c[k])
			h[k] = a[k] * o[k]
		}
	}
}
