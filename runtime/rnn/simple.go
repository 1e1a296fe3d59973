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
	s.checkMask(n, mask)
	s.check(n, [2]int{len(h), n * s.T * s.U}, [2]int{len(x), n * s.T * s.F}, [2]int{len(w), s.F * s.U}, [2]int{len(v), s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	var out []float32
	r.take(n*s.U, &out)
	for k := range s.T {
		t, before := s.at(k)
		if k == 0 {
			product(n, 1, s.U, s.F, out, x[t*s.F:], s.T*s.F, w, s.U, b, false)
		} else {
			product(n, 1, s.U, s.F, out, x[t*s.F:], s.T*s.F, w, s.U, nil, false)
			product(n, 1, s.U, s.U, out, h[before*s.U:], s.T*s.U, v, s.U, b, true)
		}
		vec.Tanh(out, out)
		if k > 0 {
			s.hold(n, t, mask, out, h[before*s.U:], s.T*s.U)
		} else {
			s.hold(n, t, mask, out, nil, 0)
		}
		vec.CopyCols(n, s.U, h[t*s.U:], s.T*s.U, out, s.U)
	}
	rooms.Put(r)
}

// SimpleGrad computes the gradients of Simple from dy, that of h. dx may be nil; db is nil where there is no bias.
func SimpleGrad(n int, s Shape, dx, dw, dv, db, dy, h, x, w, v, mask []float32) {
	s.checkMask(n, mask)
	s.check(n, [2]int{len(dw), s.F * s.U}, [2]int{len(dv), s.U * s.U}, [2]int{len(dy), n * s.T * s.U}, [2]int{len(h), n * s.T * s.U},
		[2]int{len(x), n * s.T * s.F}, [2]int{len(w), s.F * s.U}, [2]int{len(v), s.U * s.U})
	clear(dw[:s.F*s.U])
	clear(dv[:s.U*s.U])
	clear(db)
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	var dh, d, y, kept []float32
	r.take(n*s.U, &dh, &d, &y, &kept)
	for k := s.T - 1; k >= 0; k-- {
		t, before := s.at(k)
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
		weights(n, 1, s.U, s.F, dw, s.U, x[t*s.F:], s.T*s.F, d)
		biases(n, 1, s.U, db, d)
		if k > 0 {
			weights(n, 1, s.U, s.U, dv, s.U, h[before*s.U:], s.T*s.U, d)
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
	rooms.Put(r)
}
