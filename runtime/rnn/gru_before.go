package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// GRUBefore runs a gated recurrent unit over n sequences, whose reset gate acts on the state before the product:
//
//	z, r = sigmoid(x·W + h·V + b),  q = r∘h,  g = tanh(x·W + q·V + b)    columns in the order z, r, g
//	h ← g + z∘(h − g)
//
//	h      n×T×U
//	gates  T×3×n×U and q T×n×U, which may be nil: see the package doc
//	x      n×T×F
//	w      F×3U, v U×3U, b 3U, nil for none
//
// Before the first step there is no state, unless an initial one is given.
//
// Source: Cho et al., Learning phrase representations using RNN encoder–decoder, 2014.
func GRUBefore(n int, s Shape, h, gates, q, x, w, v, b, mask []float32) {
	GRUBeforeFrom(n, s, h, gates, q, x, w, v, b, mask, nil)
}

// GRUBeforeFrom is GRUBefore from the state h0.
func GRUBeforeFrom(n int, s Shape, h, gates, q, x, w, v, b, mask, h0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, h0)
	s.checkKept(n, 3, gates)
	s.checkKept(n, 1, q)
	s.check(n, [2]int{len(h), n * s.T * s.U},
		[2]int{len(x), n * s.T * s.F}, [2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	size := n * s.U
	r.x = scratch(r, s.gruBeforeLen(n, gates != nil && q != nil))
	out, last := r.x[:size], r.x[size:2*size]
	var sharedGates, sharedQ []float32
	if gates == nil || q == nil {
		sharedGates, sharedQ = r.x[2*size:5*size], r.x[5*size:]
	}
	clear(last)
	copy(last, h0)
	for k := range s.T {
		t, _ := s.at(k)
		state, stride := s.state(k, h, h0)
		gate, qt := kept(gates, sharedGates, t, 3*size), kept(q, sharedQ, t, size)
		z, reset, g := gate[:size], gate[size:2*size], gate[2*size:]
		if state == nil {
			product(n, 3, s.U, s.F, gate, x[t*s.F:], s.T*s.F, w, 3*s.U, b, false)
			vec.Sigmoid(gate[:2*size], gate[:2*size])
			clear(qt)
		} else {
			product(n, 3, s.U, s.F, gate, x[t*s.F:], s.T*s.F, w, 3*s.U, nil, false)
			product(n, 2, s.U, s.U, gate, state, stride, v, 3*s.U, b, true)
			vec.Sigmoid(gate[:2*size], gate[:2*size])
			vec.Mul(qt, reset, last)
			product(n, 1, s.U, s.U, g, qt, s.U, v[2*s.U:], 3*s.U, behind(b, 2*s.U), true)
		}
		vec.Tanh(g, g)
		update(out, z, g, last)
		s.hold(n, t, mask, out, last, s.U)
		vec.CopyCols(n, s.U, h[t*s.U:], s.T*s.U, out, s.U)
		out, last = last, out
	}
	rooms.Put(r)
}

// gruBeforeLen returns the elements that GRUBeforeFrom works in.
func (s *Shape) gruBeforeLen(n int, kept bool) int {
	if kept {
		return 2 * n * s.U
	}
	return 6 * n * s.U
}

// update computes out = g + z∘(last − g).
func update(out, z, g, last []float32) {
	vec.Sub(out, last, g)
	vec.Mul(out, out, z)
	vec.Add(out, g, out)
}

// GRUBeforeGrad computes the gradients of GRUBefore from dy, that of h, and all that GRUBefore had and made. dx may be
// nil; db is nil where there is no bias.
func GRUBeforeGrad(n int, s Shape, dx, dw, dv, db, dy, h, gates, q, x, w, v, mask []float32) {
	GRUBeforeGradFrom(n, s, dx, dw, dv, db, nil, nil, dy, h, gates, q, x, w, v, mask, nil)
}

// GRUBeforeGradFrom is GRUBeforeGrad of GRUBeforeFrom: dh0 becomes the gradient of the initial state, and may be nil. If
// deltas is given, it becomes what GRUBeforeWeights takes, which computes dw, dv and db then: here they are nil.
func GRUBeforeGradFrom(n int, s Shape, dx, dw, dv, db, deltas, dh0, dy, h, gates, q, x, w, v, mask, h0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, dh0, h0)
	s.checkWeights(n, 3, dw, dv, db, deltas, 4*s.U)
	s.check(n, [2]int{len(dy), n * s.T * s.U}, [2]int{len(h), n * s.T * s.U},
		[2]int{len(gates), 3 * n * s.T * s.U}, [2]int{len(q), n * s.T * s.U}, [2]int{len(x), n * s.T * s.F},
		[2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	size := n * s.U
	var dz, dr, dg, dq, dh, last, some, kept []float32 // dz to dg lie side by side
	r.take(size, &dz, &dr, &dg, &dq, &dh, &last, &some, &kept)
	all := r.x[:3*size]
	for k := s.T - 1; k >= 0; k-- {
		t, _ := s.at(k)
		gate := gates[3*size*t:][:3*size]
		z, reset, g := gate[:size], gate[size:2*size], gate[2*size:]
		vec.CopyCols(n, s.U, some, s.U, dy[t*s.U:], s.T*s.U)
		if k == s.T-1 {
			copy(dh, some)
		} else {
			vec.Add(dh, dh, some)
		}
		if mask != nil {
			copy(kept, dh)
		}
		state, stride := s.state(k, h, h0)
		if state != nil {
			vec.CopyCols(n, s.U, last, s.U, state, stride)
		} else {
			clear(last)
		}
		vec.Sub(some, last, g)
		vec.Mul(dz, dh, some)
		vec.SigmoidGrad(dz, dz, z)
		vec.Mul(some, dh, z)  // what the state before has of dh
		vec.Sub(dg, dh, some) // dh∘(1 − z)
		vec.TanhGrad(dg, dg, g)
		if state != nil {
			transposed(n, 1, s.U, s.U, dq, s.U, dg, v[2*s.U:], 3*s.U, false)
			vec.Mul(dr, dq, last)
			vec.SigmoidGrad(dr, dr, reset)
			vec.Mul(dq, dq, reset)
			vec.Add(dh, some, dq)
		} else {
			clear(dr)
		}
		for _, d := range [][]float32{dz, dr, dg} {
			s.hold(n, t, mask, d, nil, 0)
		}
		if deltas != nil {
			s.keep(n, t, deltas, dz, dr, dg, q[size*t:][:size])
		} else {
			weights(n, 3, s.U, s.F, dw, 3*s.U, x[t*s.F:], s.T*s.F, all)
			biases(n, 3, s.U, db, all)
			if state != nil {
				weights(n, 2, s.U, s.U, dv, 3*s.U, last, s.U, all)
				weights(n, 1, s.U, s.U, dv[2*s.U:], 3*s.U, q[size*t:], s.U, dg)
			}
		}
		if dx != nil {
			transposed(n, 3, s.U, s.F, dx[t*s.F:], s.T*s.F, all, w, 3*s.U, false)
		}
		if state != nil {
			if s.cut(k) {
				clear(dh)
				continue
			}
			transposed(n, 2, s.U, s.U, dh, s.U, all, v, 3*s.U, true)
			s.hold(n, t, mask, dh, kept, s.U)
		}
	}
	copy(dh0, dh)
	rooms.Put(r)
}

// GRUBeforeWeights computes rows [from, to) of the gradients of the weights of GRUBefore, those of w and below them those of
// v, and with the last row the gradient of the bias, from deltas as GRUBeforeGradFrom made it, and from what GRUBefore had
// and made. db is nil where there is no bias; h0 is nil for none.
//
//	deltas  T×m×4U of each share of m sequences
func GRUBeforeWeights(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	u := s.U
	clearRows(dw, dv, db, s.F, 3*u, from, to)
	s.replay(n, 4*u, from, to, deltas, h, x, h0, func(t *tape, sums []float32) {
		t.input(0, 3*u, behindRow(dw, from, 3*u), 3*u)
		rows := behindRow(dv, from-s.F, 3*u)
		t.state(0, 2*u, rows, 3*u)
		if t.u > 0 && t.withState > 0 { // behind the gates of the deltas lies r∘h
			gemm.TN(t.u, u, t.withState, t.d[3*u+max(0, from-s.F):], 4*u, t.d[2*u:], 4*u, rows[2*u:], 3*u, gemm.Accumulate())
		}
		if sums != nil && db != nil {
			copy(db, sums[:3*u])
		}
	})
}
