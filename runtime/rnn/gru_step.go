package rnn

import "github.com/nngen/nngen/runtime/vec"

// GRUStep moves a gated recurrent unit on by one step of one sequence, as LSTMStep does. The bits are those of the
// same step in GRU.
func GRUStep(s Shape, first bool, h, x, w, v, b []float32) {
	s.checkStep(3, h, x, w, v)
	r := rooms.Get().(*room)
	var z, reset, g, q, out []float32 // z to g lie side by side
	r.take(s.U, &z, &reset, &g, &q, &out)
	gates := r.x[:3*s.U]
	var outer, inner []float32
	if b != nil {
		outer, inner = b[:3*s.U], b[3*s.U:6*s.U]
	}
	if first {
		clear(h[:s.U])
		clear(q)
		product(1, 3, s.U, s.F, gates, x, s.F, w, 3*s.U, outer, false)
	} else {
		product(1, 2, s.U, s.F, gates, x, s.F, w, 3*s.U, nil, false)
		product(1, 2, s.U, s.U, gates, h, s.U, v, 3*s.U, outer, true)
		product(1, 1, s.U, s.F, g, x, s.F, w[2*s.U:], 3*s.U, part(outer, 2*s.U), false)
		product(1, 1, s.U, s.U, q, h, s.U, v[2*s.U:], 3*s.U, nil, false)
	}
	if inner != nil {
		vec.Add(gates[:2*s.U], gates[:2*s.U], inner[:2*s.U])
		vec.Add(q, q, inner[2*s.U:])
	}
	vec.Sigmoid(gates[:2*s.U], gates[:2*s.U])
	vec.Mul(out, reset, q)
	vec.Add(g, g, out)
	vec.Tanh(g, g)
	update(out, z, g, h[:s.U])
	copy(h, out)
	rooms.Put(r)
}
