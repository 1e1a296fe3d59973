package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// LSTM runs a long short-term memory over n sequences:
//
//	i, f, o = sigmoid(x·W + h·V + b), g = tanh(x·W + h·V + b)    gates in the order i, f, g, o
//	c ← f∘c + i∘g,  h ← o∘tanh(c)
//
//	h      n×T×U
//	gates  T×n×5×U, tanh(c) behind the gates, which may be nil, and cells T×n×U: see the package doc
//	x      n×T×F
//	w      F×4U, v U×4U, b 4U, nil for none
//
// At the first step without an initial state there is no c for f to act on: it is left at sigmoid(0) = 0.5 in gates, and
// gets no gradient.
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
	s.checkKept(n, 5, gates)
	s.check(n, [2]int{len(h), n * s.T * s.U}, [2]int{len(cells), n * s.T * s.U},
		[2]int{len(x), n * s.T * s.F}, [2]int{len(w), 4 * s.F * s.U}, [2]int{len(v), 4 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	width, row, size := 4*s.U, 5*s.U, n*s.U
	r.reserve(s.lstmLen(n, gates != nil))
	input, inner := r.operand(s.F, width, w, width), r.operand(s.U, width, v, width)
	var shared []float32
	if gates == nil {
		shared = r.cut(5 * size)
	}
	for k := range s.T {
		t, _ := s.at(k)
		g, c := kept(gates, shared, t, 5*size), cells[size*t:][:size]
		state, stride := s.state(k, h, h0)
		last := s.last(n, k, cells, c0)
		if state == nil {
			input.multiply(n, x[t*s.F:], s.T*s.F, g, row, biasFrom(b, 0))
			// c is i∘g, whatever f is.
			for i := range n {
				clear(g[i*row+s.U:][:s.U])
			}
			last = r.filled(size, negativeZero)
		} else {
			input.multiply(n, x[t*s.F:], s.T*s.F, g, row, gemm.None())
			inner.multiply(n, state, stride, g, row, biasFrom(b, 0).Continued())
		}
		vec.LSTMForward(n, s.U, g, c, h[t*s.U:], s.T*s.U, last)
		s.hold(n, t, mask, c, s.last(n, k, cells, c0), s.U)
		s.holdRows(n, t, mask, h[t*s.U:], s.T*s.U, s.U, state, stride)
	}
	rooms.Put(r)
}

// lstmLen returns the elements that LSTMFrom reserves, and their slices.
func (s *Shape) lstmLen(n int, kept bool) (elements, slices int) {
	elements, slices = packedLen(s.F, 4*s.U)+packedLen(s.U, 4*s.U)+n*s.U, 3
	if !kept {
		elements, slices = elements+5*n*s.U, slices+1
	}
	return elements, slices
}

// LastCells returns the part of cells, as LSTM made them, that holds c after the last step, n×U.
func LastCells(n int, s Shape, cells []float32) []float32 { return s.last(n, s.T, cells, nil) }

// LSTMGrad computes the gradients of LSTM from dy, that of h, and all that LSTM had and made. dx may be nil; db
// is nil where there is no bias.
func LSTMGrad(n int, s Shape, dx, dw, dv, db, dy, h, gates, cells, x, w, v, mask []float32) {
	LSTMGradFrom(n, s, dx, dw, dv, db, nil, nil, nil, dy, nil, h, gates, cells, x, w, v, mask, nil, nil)
}

// LSTMGradFrom is LSTMGrad of LSTMFrom: dlast is the gradient of c after the last step, n×U, nil for 0; dh0 and dc0 become those
// of the initial state, and may be nil. If deltas is given, it becomes what LSTMWeights takes, which computes dw, dv and db
// then: here they are nil.
func LSTMGradFrom(n int, s Shape, dx, dw, dv, db, deltas, dh0, dc0, dy, dlast, h, gates, cells, x, w, v, mask,
	h0, c0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, dh0, dc0, dlast, h0, c0)
	s.checkWeights(n, 4, dw, dv, db, deltas, 4*s.U)
	s.check(n, [2]int{len(dy), n * s.T * s.U}, [2]int{len(h), n * s.T * s.U},
		[2]int{len(gates), 5 * n * s.T * s.U}, [2]int{len(cells), n * s.T * s.U}, [2]int{len(x), n * s.T * s.F},
		[2]int{len(w), 4 * s.F * s.U}, [2]int{len(v), 4 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	width, size := 4*s.U, n*s.U
	tape, room := s.newTape(n, width, deltas != nil)
	if dx != nil {
		room += packedLen(width, s.F)
	}
	r.reserve(room+packedLen(width, s.U)+5*size, 10)
	tape.place(r)
	inner, input := r.transpose(width, s.U, v, width), transpose{}
	if dx != nil {
		input = r.transpose(width, s.F, w, width)
	}
	dh, dc := r.filled(size, 0), r.filled(size, 0)
	copy(dc, dlast)
	var keptH, keptC []float32
	if mask != nil {
		keptH, keptC = r.cut(size), r.cut(size)
	}
	for k := s.T - 1; k >= 0; k-- {
		t, _ := s.at(k)
		if mask != nil {
			vec.CopyCols(n, s.U, keptH, s.U, dy[t*s.U:], s.T*s.U)
			vec.Add(keptH, dh, keptH)
			copy(keptC, dc)
		}
		last := s.last(n, k, cells, c0)
		d := s.gradients(t, &tape, deltas)
		if last == nil {
			last = r.filled(size, 0)
		}
		vec.LSTMBackward(n, s.U, d, width, dc, dh, dy[t*s.U:], s.T*s.U, gates[5*size*t:], last)
		state, stride := s.state(k, h, h0)
		if state == nil { // and so no gate for the cell before
			for i := range n {
				clear(d[i*width+s.U:][:s.U])
			}
		}
		s.holdRows(n, t, mask, d, width, width, nil, 0)
		if state != nil {
			if s.cut(k) {
				clear(dh)
				clear(dc)
			} else {
				inner.multiply(n, 0, width, d, width, dh, s.U, false)
				s.hold(n, t, mask, dh, keptH, s.U)
				s.hold(n, t, mask, dc, keptC, s.U)
			}
		}
		if dx != nil {
			input.multiply(n, 0, width, d, width, dx[t*s.F:], s.T*s.F, false)
		}
		if deltas != nil {
			continue
		}
		if !tape.step(x[t*s.F:], s.T*s.F, state, stride) || k == 0 {
			tape.addPlain(dw, dv)
			if db != nil {
				vec.SumRowsAcc(tape.rows, width, db, tape.d)
			}
			tape.clear()
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
//	deltas  T×m×4U of each share of m sequences
func LSTMWeights(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	s.plainWeights(n, 4, from, to, dw, dv, db, deltas, h, x, h0)
}
