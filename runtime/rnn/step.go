package rnn

import "github.com/nngen/nngen/runtime/vec"

// LSTMStep moves a long short-term memory on by one step of one sequence: x is F numbers, h and c, U numbers each,
// are the state before and become that after. At the first step of a sequence they are not read. The bits are those
// of the same step in LSTM.
func LSTMStep(s Shape, first bool, h, c, x, w, v, b []float32) {
	s.checkStep(4, h, x, w, v)
	s.check(1, [2]int{len(c), s.U})
	r := rooms.Get().(*room)
	var i, f, g, o, cells, out []float32 // i to o lie side by side
	r.take(s.U, &i, &f, &g, &o, &cells, &out)
	gates := r.x[:4*s.U]
	stepProduct(&s, first, 4, gates, h, x, w, v, 4*s.U, b)
	last := c[:s.U]
	if first {
		last = nil
	}
	cell(gates, cells, last, out)
	copy(c, cells)
	copy(h, out)
	rooms.Put(r)
}

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

// SimpleStep moves a plain recurrent layer on by one step of one sequence, as LSTMStep does. The bits are those of the
// same step in Simple.
func SimpleStep(s Shape, first bool, h, x, w, v, b []float32) {
	s.checkStep(1, h, x, w, v)
	r := rooms.Get().(*room)
	var out []float32
	r.take(s.U, &out)
	stepProduct(&s, first, 1, out, h, x, w, v, s.U, b)
	vec.Tanh(h[:s.U], out)
	rooms.Put(r)
}

// stepProduct computes the gates of a step before their functions: x·W, continued by h·V but at the first step, and
// the bias.
func stepProduct(s *Shape, first bool, k int, gates, h, x, w, v []float32, ld int, b []float32) {
	if first {
		product(1, k, s.U, s.F, gates, x, s.F, w, ld, b, false)
		return
	}
	product(1, k, s.U, s.F, gates, x, s.F, w, ld, nil, false)
	product(1, k, s.U, s.U, gates, h, s.U, v, ld, b, true)
}

// checkStep panics unless the slices of a step of a cell with k gates are long enough.
func (s *Shape) checkStep(k int, h, x, w, v []float32) {
	s.check(1, [2]int{len(h), s.U}, [2]int{len(x), s.F}, [2]int{len(w), k * s.F * s.U}, [2]int{len(v), k * s.U * s.U})
}
