package rnn

import "github.com/nngen/nngen/runtime/vec"

// GRUBeforeStep moves a gated recurrent unit whose reset gate acts before the product on by one step of one sequence, as
// LSTMStep does. The bits are those of the same step in GRUBefore.
func GRUBeforeStep(s Shape, first bool, h, x, w, v, b []float32) {
	s.checkStep(3, h, x, w, v)
	r := rooms.Get().(*room)
	var z, reset, g, q, out []float32 // z to g lie side by side
	r.take(s.U, &z, &reset, &g, &q, &out)
	gates := r.x[:3*s.U]
	if first {
		clear(h[:s.U])
		product(1, 3, s.U, s.F, gates, x, s.F, w, 3*s.U, b, false)
		vec.Sigmoid(gates[:2*s.U], gates[:2*s.U])
	} else {
		product(1, 3, s.U, s.F, gates, x, s.F, w, 3*s.U, nil, false)
		product(1, 2, s.U, s.U, gates, h, s.U, v, 3*s.U, b, true)
		vec.Sigmoid(gates[:2*s.U], gates[:2*s.U])
		vec.Mul(q, reset, h[:s.U])
		product(1, 1, s.U, s.U, g, q, s.U, v[2*s.U:], 3*s.U, part(b, 2*s.U), true)
	}
	vec.Tanh(g, g)
	update(out, z, g, h[:s.U])
	copy(h, out)
	rooms.Put(r)
}
