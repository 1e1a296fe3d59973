package rnn

import "github.com/nngen/nngen/runtime/vec"

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
	var out []float32
	r.take(n*s.U, &out)
	for k := range s.T {
		t, _ := s.at(k)
		state, stride := s.state(k, h, h0)
		if state == nil {
			product(n, 1, s.U, s.F, out, x[t*s.F:], s.T*s.F, w, s.U, b, false)
		} else {
			product(n, 1, s.U, s.F, out, x[t*s.F:], s.T*s.F, w, s.U, nil, false)
			product(n, 1, s.U, s.U, out, state, stride, v, s.U, b, true)
		}
		vec.Tanh(out, out)
		s.hold(n, t, mask, out, state, stride)
		vec.CopyCols(n, s.U, h[t*s.U:], s.T*s.U, out, s.U)
	}
	rooms.Put(r)
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
	var dh, d, y, kept []float32
	r.take(n*s.U, &dh, &d, &y, &kept)
	for k := s.T - 1; k >= 0; k-- {
		t, _ := s.at(k)
		vec.CopyCols(n, s.U, d, s.U, dy[t*s.U:], s.T*s.U)
		if k < s.T-1 {
			vec.Add(d, dh, d)
		}
		if mask != nil {
			copy(kept, d)
		}
		vec.CopyCols(n, s.U, y, s.U, h[t*s.U:], s.T*s.U)
		vec.TanhGrad(d, d, y)
		s.hold(n, t, mask, d, nil, 0)
		state, stride := s.state(k, h, h0)
		if deltas != nil {
			s.keep(n, t, deltas, d)
		} else {
			weights(n, 1, s.U, s.F, dw, s.U, x[t*s.F:], s.T*s.F, d)
			biases(n, 1, s.U, db, d)
			if state != nil {
				weights(n, 1, s.U, s.U, dv, s.U, state, stride, d)
			}
		}
		if state != nil {
			if s.cut(k) {
				clear(dh)
			} else {
				transposed(n, 1, s.U, s.U, dh, s.U, d, v, s.U, false)
				s.hold(n, t, mask, dh, kept, s.U)
			}
		}
		if dx != nil {
			transposed(n, 1, s.U, s.F, dx[t*s.F:], s.T*s.F, d, w, s.U, false)
		}
	}
	copy(dh0, dh)
	rooms.Put(r)
}

// SimpleWeights computes rows [from, to) of the gradients of the weights of Simple, those of w and below them those of v, and
// with the last row the gradient of the bias, from deltas as SimpleGradFrom made it, and from what Simple had and made. db is
// nil where there is no bias; h0 is nil for none.
//
//	deltas  n×T×U
func SimpleWeights(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	s.plainWeights(n, 1, from, to, dw, dv, db, deltas, h, x, h0)
}
