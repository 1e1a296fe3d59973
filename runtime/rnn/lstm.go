package rnn

import "github.com/nngen/nngen/runtime/vec"

// LSTM runs a long short-term memory over n sequences:
//
//	i, f, o = sigmoid(x·W + h·V + b), g = tanh(x·W + h·V + b)    gates in the order i, f, g, o
//	c ← f∘c + i∘g,  h ← o∘tanh(c)
//
//	h      n×T×U
//	gates  T×4×n×U and cells T×n×U: see the package doc
//	x      n×T×F
//	w      F×4U, v U×4U, b 4U, nil for none
//
// Source: Hochreiter and Schmidhuber, Long short-term memory, 1997; Gers, Schmidhuber and Cummins, Learning
// to forget, 2000.
func LSTM(n int, s Shape, h, gates, cells, x, w, v, b, mask []float32) {
	LSTMFrom(n, s, h, gates, cells, x, w, v, b, mask, nil, nil)
}

// LSTMFrom is LSTM from the state h0 and c0, both of which are given, or neither.
func LSTMFrom(n int, s Shape, h, gates, cells, x, w, v, b, mask, h0, c0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, h0, c0)
	s.check(n, [2]int{len(h), n * s.T * s.U}, [2]int{len(gates), 4 * n * s.T * s.U}, [2]int{len(cells), n * s.T * s.U},
		[2]int{len(x), n * s.T * s.F}, [2]int{len(w), 4 * s.F * s.U}, [2]int{len(v), 4 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	size := n * s.U
	var out []float32
	r.take(size, &out)
	for k := range s.T {
		t, _ := s.at(k)
		g, c := gates[4*size*t:][:4*size], cells[size*t:][:size]
		state, stride := s.state(k, h, h0)
		if state == nil {
			product(n, 4, s.U, s.F, g, x[t*s.F:], s.T*s.F, w, 4*s.U, b, false)
		} else {
			product(n, 4, s.U, s.F, g, x[t*s.F:], s.T*s.F, w, 4*s.U, nil, false)
			product(n, 4, s.U, s.U, g, state, stride, v, 4*s.U, b, true)
		}
		last := s.last(n, k, cells, c0)
		cell(g, c, last, out)
		s.hold(n, t, mask, c, last, s.U)
		s.hold(n, t, mask, out, state, stride)
		vec.CopyCols(n, s.U, h[t*s.U:], s.T*s.U, out, s.U)
	}
	rooms.Put(r)
}

// LastCells returns the part of cells, as LSTM made them, that holds c after the last step, n×U.
func LastCells(n int, s Shape, cells []float32) []float32 { return s.last(n, s.T, cells, nil) }

// cell turns the gates of a step before their functions into those after, and computes the cells c from those
// of the step before, nil if there is none, and the outputs.
func cell(gates, c, last, out []float32) {
	size := len(c)
	i, f, g, o := gates[:size], gates[size:2*size], gates[2*size:3*size], gates[3*size:]
	vec.Sigmoid(gates[:2*size], gates[:2*size])
	vec.Tanh(g, g)
	vec.Sigmoid(o, o)
	vec.Mul(c, i, g)
	if last != nil {
		vec.Mul(out, f, last[:size])
		vec.Add(c, out, c)
	}
	vec.Tanh(out, c)
	vec.Mul(out, out, o)
}

// LSTMGrad computes the gradients of LSTM from dy, that of h, and all that LSTM had and made. dx may be nil; db
// is nil where there is no bias.
func LSTMGrad(n int, s Shape, dx, dw, dv, db, dy, h, gates, cells, x, w, v, mask []float32) {
	LSTMGradFrom(n, s, dx, dw, dv, db, nil, nil, nil, dy, nil, h, gates, cells, x, w, v, mask, nil, nil)
}

// LSTMGradFrom is LSTMGrad of LSTMFrom: dlast is the gradient of c after the last step, n×U, nil for 0; dh0 and dc0 become those
// of the initial state, and may be nil. If deltas is given, it becomes what LSTMWeights takes, which computes dw, dv and db
// then: here they are nil.
func LSTMGradFrom(n int, s Shape, dx, dw, dv, db, deltas, dh0, dc0, dy, dlast, h, gates, cells, x, w, v, mask, h0, c0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, dh0, dc0, dlast, h0, c0)
	s.checkWeights(n, 4, dw, dv, db, deltas, 4*s.U)
	s.check(n, [2]int{len(dy), n * s.T * s.U}, [2]int{len(h), n * s.T * s.U},
		[2]int{len(gates), 4 * n * s.T * s.U}, [2]int{len(cells), n * s.T * s.U}, [2]int{len(x), n * s.T * s.F}, [2]int{len(w), 4 * s.F * s.U}, [2]int{len(v), 4 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	size := n * s.U
	var dh, dc, di, df, dg, do, part, keptH, keptC []float32 // di to do lie side by side
	r.take(size, &di, &df, &dg, &do, &dh, &dc, &part, &keptH, &keptC)
	all := r.x[:4*size]
	clear(dh)
	clear(dc)
	copy(dc, dlast)
	for k := s.T - 1; k >= 0; k-- {
		t, _ := s.at(k)
		gate := gates[4*size*t:][:4*size]
		i, f, g, o := gate[:size], gate[size:2*size], gate[2*size:3*size], gate[3*size:]
		vec.CopyCols(n, s.U, part, s.U, dy[t*s.U:], s.T*s.U)
		vec.Add(dh, dh, part)
		if mask != nil {
			copy(keptH, dh)
			copy(keptC, dc)
		}
		vec.Tanh(part, cells[size*t:][:size])
		vec.Mul(do, dh, part)
		vec.SigmoidGrad(do, do, o)
		vec.Mul(dh, dh, o)
		vec.TanhGrad(dh, dh, part)
		vec.Add(dc, dc, dh)
		vec.Mul(di, dc, g)
		vec.SigmoidGrad(di, di, i)
		vec.Mul(dg, dc, i)
		vec.TanhGrad(dg, dg, g)
		if last := s.last(n, k, cells, c0); last != nil {
			vec.Mul(df, dc, last[:size])
			vec.SigmoidGrad(df, df, f)
			vec.Mul(dc, dc, f)
		} else {
			clear(df)
		}
		for _, d := range [][]float32{di, df, dg, do} {
			s.hold(n, t, mask, d, nil, 0)
		}
		state, stride := s.state(k, h, h0)
		if deltas != nil {
			s.keep(n, t, deltas, di, df, dg, do)
		} else {
			weights(n, 4, s.U, s.F, dw, 4*s.U, x[t*s.F:], s.T*s.F, all)
			biases(n, 4, s.U, db, all)
			if state != nil {
				weights(n, 4, s.U, s.U, dv, 4*s.U, state, stride, all)
			}
		}
		if state != nil {
			if s.cut(k) {
				clear(dh)
				clear(dc)
			} else {
				transposed(n, 4, s.U, s.U, dh, s.U, all, v, 4*s.U, false)
				s.hold(n, t, mask, dh, keptH, s.U)
				s.hold(n, t, mask, dc, keptC, s.U)
			}
		}
		if dx != nil {
			transposed(n, 4, s.U, s.F, dx[t*s.F:], s.T*s.F, all, w, 4*s.U, false)
		}
	}
	copy(dh0, dh)
	copy(dc0, dc)
	rooms.Put(r)
}

// LSTMWeights computes rows [from, to) of the gradients of the weights of LSTM, those of w and below them those of v, and
// with the last row the gradient of the bias, from deltas as LSTMGradFrom made it, and from what LSTM had and made. db is
// nil where there is no bias; h0 is nil for none.
//
//	deltas  n×T×4U
func LSTMWeights(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	s.plainWeights(n, 4, from, to, dw, dv, db, deltas, h, x, h0)
}
