package tiny

import "github.com/nngen/nngen/runtime/vec/scalar"

// Steps holds the extents of a recurrent layer, T steps of F numbers and U units, as rnn.Shape.
type Steps struct {
	T, F, U int
	Reverse bool
}

// at returns the k-th step that is taken.
func (s *Steps) at(k int) int {
	if s.Reverse {
		return s.T - 1 - k
	}
	return k
}

// last returns what belongs to the step before the k-th in x, T×U, or the initial numbers, which may be nil.
func (s *Steps) last(k int, x, initial []float32) []float32 {
	if k == 0 {
		return initial
	}
	return x[s.at(k-1)*s.U:][:s.U]
}

// part returns row i of a matrix of some columns; nil for none.
func part(x []float32, i, cols int) []float32 {
	if x == nil {
		return nil
	}
	return x[i*cols:][:cols]
}

// hold keeps the numbers that there were at a step that a mask takes out, 0 if old is nil.
func hold(mask []float32, t int, x, old []float32) {
	if mask == nil || mask[t] > 0.5 {
		return
	}
	clear(x)
	copy(x, old)
}

// gates computes gates side by side in out: x·w + state·v + b, for weights of rows of ld numbers; state may be nil.
func gates(out, x []float32, w F32, state []float32, v F32, ld int, b F32) {
	if state == nil {
		chain(out, x, w, ld, b, 0, false)
		return
	}
	chain(out, x, w, ld, "", 0, false)
	chain(out, state, v, ld, b, 0, true)
}

func sigmoid(x []float32) {
	for j, v := range x {
		x[j] = scalar.Sigmoid(v)
	}
}

func tanh(x []float32) {
	for j, v := range x {
		x[j] = scalar.Tanh(v)
	}
}

// Simple runs a simple recurrent layer over n sequences, with the bits of rnn.SimpleFrom; mask and h0 may be nil. It
// works in U numbers of scratch.
func Simple(n int, s Steps, h, x []float32, w, v, b F32, mask, h0, scratch []float32) {
	out := scratch[:s.U]
	for i := range n {
		h, x := h[i*s.T*s.U:][:s.T*s.U], x[i*s.T*s.F:][:s.T*s.F]
		for k := range s.T {
			t := s.at(k)
			state := s.last(k, h, part(h0, i, s.U))
			gates(out, x[t*s.F:][:s.F], w, state, v, s.U, b)
			tanh(out)
			hold(part(mask, i, s.T), t, out, state)
			copy(h[t*s.U:], out)
		}
	}
}

// SimpleStep moves on by one step x: h, U numbers, is the state before and becomes that after; the first step of a
// sequence does not read it.
func SimpleStep(first bool, s Steps, h, x []float32, w, v, b F32, scratch []float32) {
	s.T = 1
	Simple(1, s, h, x, w, v, b, nil, begun(first, h), scratch)
}

// begun returns the state of a sequence that has begun, nil at its first step.
func begun(first bool, state []float32) []float32 {
	if first {
		return nil
	}
	return state
}

// kept returns what is kept of a step in x, of some numbers a step; shared, which all steps use, if it is nil.
func kept(x, shared []float32, step, size int) []float32 {
	if x == nil {
		return shared[:size]
	}
	return x[step*size:][:size]
}

// LSTM runs a long short-term memory over n sequences, with the bits of rnn.LSTMFrom; mask, h0 and c0 may be nil. Of
// gates, n×T×4×U, which may be nil, and cells, n×T×U, it leaves the cells. It works in 5·U numbers of scratch, in U of
// them where there are gates.
func LSTM(n int, s Steps, h, all, cells, x []float32, w, v, b F32, mask, h0, c0, scratch []float32) {
	u, out := s.U, scratch[:s.U]
	for i := range n {
		h, cells, x := h[i*s.T*u:][:s.T*u], cells[i*s.T*u:][:s.T*u], x[i*s.T*s.F:][:s.T*s.F]
		for k := range s.T {
			t := s.at(k)
			g, c := kept(all, scratch[u:], i*s.T+t, 4*u), cells[t*u:][:u]
			state, last := s.last(k, h, part(h0, i, u)), s.last(k, cells, part(c0, i, u))
			gates(g, x[t*s.F:][:s.F], w, state, v, 4*u, b)
			for j := range u {
				in := float32(scalar.Sigmoid(g[j]) * scalar.Tanh(g[2*u+j]))
				if last != nil {
					in = float32(scalar.Sigmoid(g[u+j])*last[j]) + in
				}
				out[j] = scalar.Tanh(in) * scalar.Sigmoid(g[3*u+j])
				g[j] = in
			}
			hold(part(mask, i, s.T), t, g[:u], last)
			hold(part(mask, i, s.T), t, out, state)
			copy(c, g)
			copy(h[t*u:], out)
		}
	}
}

// LSTMStep is SimpleStep for an LSTM, whose state is h and c. It works in 5·U numbers of scratch.
func LSTMStep(first bool, s Steps, h, c, x []float32, w, v, b F32, scratch []float32) {
	s.T = 1
	LSTM(1, s, h, nil, c, x, w, v, b, nil, begun(first, h), begun(first, c), scratch)
}

// LastCells returns the cells after the last step of one sequence, as rnn.LastCells.
func LastCells(_ int, s Steps, cells []float32) []float32 { return s.last(s.T, cells, nil) }

// update computes h = g + z·(last − g), and keeps the state of masked steps. It leaves h in last too.
func update(h, last, z, g, mask []float32, t int) {
	for j := range h {
		d := float32((last[j] - g[j]) * z[j])
		h[j] = g[j] + d
	}
	hold(mask, t, h, last)
	copy(last, h)
}

// GRU runs a gated recurrent unit, reset after the product, over n sequences, with the bits of rnn.GRUFrom; mask and h0
// may be nil. Gates, n×T×3×U, and q, n×T×U, are overwritten; they may be nil. It works in 5·U numbers of scratch, in U
// of them where both are there.
func GRU(n int, s Steps, h, all, q, x []float32, w, v, b F32, mask, h0, scratch []float32) {
	u := s.U
	for i := range n {
		h, last := h[i*s.T*u:][:s.T*u], initial(scratch[:u], part(h0, i, u))
		for k := range s.T {
			t := s.at(k)
			at := i*s.T + t
			g, q, x := kept(all, scratch[u:], at, 3*u), kept(q, scratch[4*u:], at, u), x[at*s.F:][:s.F]
			if state := s.last(k, h, part(h0, i, u)); state == nil {
				chain(g, x, w, 3*u, b, 0, false)
				clear(q)
			} else {
				gates(g[:2*u], x, w, state, v, 3*u, b)
				chain(g[2*u:], x, w.From(2*u), 3*u, b, 2*u, false)
				chain(q, state, v.From(2*u), 3*u, "", 0, false)
			}
			b.add(g[:2*u], 3*u)
			b.add(q, 5*u)
			sigmoid(g[:2*u])
			for j := range q {
				g[2*u+j] = scalar.Tanh(g[2*u+j] + float32(g[u+j]*q[j]))
			}
			update(h[t*u:][:u], last, g[:u], g[2*u:], part(mask, i, s.T), t)
		}
	}
}

// initial gives the state before a sequence, 0 if h0 is nil, a place.
func initial(last, h0 []float32) []float32 {
	clear(last)
	copy(last, h0)
	return last
}

// GRUStep is SimpleStep for a GRU. It works in 5·U numbers of scratch.
func GRUStep(first bool, s Steps, h, x []float32, w, v, b F32, scratch []float32) {
	s.T = 1
	GRU(1, s, h, nil, nil, x, w, v, b, nil, begun(first, h), scratch)
}

// GRUBefore is GRU, reset before the product, with the bits of rnn.GRUBeforeFrom.
func GRUBefore(n int, s Steps, h, all, q, x []float32, w, v, b F32, mask, h0, scratch []float32) {
	u := s.U
	for i := range n {
		h, last := h[i*s.T*u:][:s.T*u], initial(scratch[:u], part(h0, i, u))
		for k := range s.T {
			t := s.at(k)
			at := i*s.T + t
			g, q, x := kept(all, scratch[u:], at, 3*u), kept(q, scratch[4*u:], at, u), x[at*s.F:][:s.F]
			if state := s.last(k, h, part(h0, i, u)); state == nil {
				chain(g, x, w, 3*u, b, 0, false)
				sigmoid(g[:2*u])
				clear(q)
			} else {
				gates(g[:2*u], x, w, state, v, 3*u, b)
				sigmoid(g[:2*u])
				for j := range q {
					q[j] = g[u+j] * last[j]
				}
				chain(g[2*u:], x, w.From(2*u), 3*u, "", 0, false)
				chain(g[2*u:], q, v.From(2*u), 3*u, b, 2*u, true)
			}
			tanh(g[2*u:])
			update(h[t*u:][:u], last, g[:u], g[2*u:], part(mask, i, s.T), t)
		}
	}
}

// GRUBeforeStep is GRUStep for GRUBefore.
func GRUBeforeStep(first bool, s Steps, h, x []float32, w, v, b F32, scratch []float32) {
	s.T = 1
	GRUBefore(1, s, h, nil, nil, x, w, v, b, nil, begun(first, h), scratch)
}
