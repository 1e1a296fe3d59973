package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// Simple runs a plain recurrent layer over n sequences: h ← tanh(x·W + h·V + b).
//
//	h  n×T×U
//	x  n×T×F
//	w  F×U, v U×U, b U, nil for none
//
// Source: Elman, Finding structure in time, 1990.
func Simple(n int, s Shape, h, x, w, v, b, mask []float32) {
	SimpleFrom(n, s, h, x, w, v, b, mask, nil)
}

// SimpleFrom is Simple from the state h0.
func SimpleFrom(n int, s Shape, h, x, w, v, b, mask, h0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, h0)
	s.check(n, [2]int{len(h), n * s.T * s.U}, [2]int{len(x), n * s.T * s.F}, [2]int{len(w), s.F * s.U}, [2]int{len(v), s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	r.reserve(s.simpleLen(n))
	input, inner := r.operand(s.F, s.U, w, s.U), r.operand(s.U, s.U, v, s.U)
	sums := r.cut(n * s.U)
	for k := range s.T {
		t, _ := s.at(k)
		state, stride := s.state(k, h, h0)
		if state == nil {
			input.multiply(n, x[t*s.F:], s.T*s.F, sums, s.U, biasFrom(b, 0))
		} else {
			input.multiply(n, x[t*s.F:], s.T*s.F, sums, s.U, gemm.None())
			inner.multiply(n, state, stride, sums, s.U, biasFrom(b, 0).Continued())
		}
		vec.SimpleForward(n, s.U, h[t*s.U:], s.T*s.U, sums)
		s.holdRows(n, t, mask, h[t*s.U:], s.T*s.U, s.U, state, stride)
	}
	rooms.Put(r)
}

// simpleLen returns the elements that SimpleFrom reserves, and their slices.
func (s *Shape) simpleLen(n int) (elements, slices int) {
	return packedLen(s.F, s.U) + packedLen(s.U, s.U) + n*s.U, 3
}

// SimpleGrad computes the gradients of Simple from dy, that of h. dx may be nil; db is nil where there is no bias.
func SimpleGrad(n int, s Shape, dx, dw, dv, db, dy, h, x, w, v, mask []float32) {
	SimpleGradFrom(n, s, dx, dw, dv, db, nil, nil, dy, h, x, w, v, mask, nil)
}

// SimpleGradFrom is SimpleGrad of SimpleFrom: dh0 becomes the gradient of the initial state, and may be nil. If deltas is
// given, it becomes what SimpleWeights takes, which computes dw, dv and db then: here they are nil.
func SimpleGradFrom(n int, s Shape, dx, dw, dv, db, deltas, dh0, dy, h, x, w, v, mask, h0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, dh0, h0)
	s.checkWeights(n, 1, dw, dv, db, deltas, s.U)
	s.check(n, [2]int{len(dy), n * s.T * s.U}, [2]int{len(h), n * s.T * s.U},
		[2]int{len(x), n * s.T * s.F}, [2]int{len(w), s.F * s.U}, [2]int{len(v), s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	u, size := s.U, n*s.U
	tape, room := s.newTape(n, u, deltas != nil)
	if dx != nil {
		room += packedLen(u, s.F)
	}
	r.reserve(room+packedLen(u, u)+2*size, 7)
	tape.place(r)
	inner, input := r.transpose(u, u, v, u), transpose{}
	if dx != nil {
		input = r.transpose(u, s.F, w, u)
	}
	dh := r.filled(size, negativeZero) // to which dy is added
	var kept []float32
	if mask != nil {
		kept = r.cut(size)
	}
	for k := s.T - 1; k >= 0; k-- {
		t, _ := s.at(k)
		if mask != nil {
			vec.CopyCols(n, u, kept, u, dy[t*u:], s.T*u)
			vec.Add(kept, dh, kept)
		}
		d := s.gradients(t, &tape, deltas)
		vec.SimpleBackward(n, u, d, u, dh, dy[t*u:], s.T*u, h[t*u:], s.T*u)
		s.holdRows(n, t, mask, d, u, u, nil, 0)
		state, stride := s.state(k, h, h0)
		if state != nil {
			if s.cut(k) {
				clear(dh)
			} else {
				inner.multiply(n, 0, u, d, u, dh, u, false)
				s.hold(n, t, mask, dh, kept, u)
			}
		}
		if dx != nil {
			input.multiply(n, 0, u, d, u, dx[t*s.F:], s.T*s.F, false)
		}
		if deltas != nil {
			continue
		}
		if !tape.step(x[t*s.F:], s.T*s.F, state, stride) || k == 0 {
			tape.addPlain(dw, dv)
			if db != nil {
				vec.SumRowsAcc(tape.rows, u, db, tape.d)
			}
			tape.clear()
		}
	}
	copy(dh0, dh)
	rooms.Put(r)
}

// SimpleWeights computes rows [from, to) of the gradients of the weights of Simple, those of w and below them those of v, and
// with the last row the gradient of the bias, from deltas as SimpleGradFrom made it, and from what Simple had and made. db is
// nil where there is no bias; h0 is nil for none.
//
//	deltas  T×m×U of each share of m sequences
func SimpleWeights(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	s.plainWeights(n, 1, from, to, dw, dv, db, deltas, h, x, h0)
}
