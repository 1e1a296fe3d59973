package rnn

import "github.com/nngen/nngen/runtime/vec"

// GRU runs a gated recurrent unit over n sequences, whose reset gate acts after the product with the state:
//
//	z, r = sigmoid(x·W + h·V + b₀ + b₁),  q = h·V + b₁,  g = tanh(x·W + b₀ + r∘q)    columns in the order z, r, g
//	h ← g + z∘(h − g)
//
//	h      n×T×U
//	gates  T×3×n×U and q T×n×U: see the package doc
//	x      n×T×F
//	w      F×3U, v U×3U, b 2×3U, nil for none
//
// b₀ is added to the chain, then b₁; before the first step there is no state, unless an initial one is given.
//
// Source: Cho et al., Learning phrase representations using RNN encoder–decoder, 2014; the form with two biases is
// that of cuDNN, PyTorch and Keras' reset_after.
func GRU(n int, s Shape, h, gates, q, x, w, v, b, mask []float32) {
	GRUFrom(n, s, h, gates, q, x, w, v, b, mask, nil)
}

// GRUFrom is GRU from the state h0.
func GRUFrom(n int, s Shape, h, gates, q, x, w, v, b, mask, h0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, h0)
	s.check(n, [2]int{len(h), n * s.T * s.U}, [2]int{len(gates), 3 * n * s.T * s.U}, [2]int{len(q), n * s.T * s.U},
		[2]int{len(x), n * s.T * s.F}, [2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	size := n * s.U
	var out, last []float32
	r.take(size, &out, &last)
	clear(last)
	copy(last, h0)
	var first, second []float32
	if b != nil {
		first, second = b[:3*s.U], b[3*s.U:6*s.U]
	}
	for k := range s.T {
		t, _ := s.at(k)
		state, stride := s.state(k, h, h0)
		gate, qt := gates[3*size*t:][:3*size], q[size*t:][:size]
		if state == nil {
			product(n, 3, s.U, s.F, gate, x[t*s.F:], s.T*s.F, w, 3*s.U, first, false)
			clear(qt)
		} else {
			product(n, 2, s.U, s.F, gate, x[t*s.F:], s.T*s.F, w, 3*s.U, nil, false)
			product(n, 2, s.U, s.U, gate, state, stride, v, 3*s.U, first, true)
			product(n, 1, s.U, s.F, gate[2*size:], x[t*s.F:], s.T*s.F, w[2*s.U:], 3*s.U, behind(first, 2*s.U), false)
			product(n, 1, s.U, s.U, qt, state, stride, v[2*s.U:], 3*s.U, nil, false)
		}
		if second != nil {
			for g := range 2 {
				vec.AddRow(n, s.U, gate[g*size:][:size], gate[g*size:][:size], second[g*s.U:][:s.U])
			}
			vec.AddRow(n, s.U, qt, qt, second[2*s.U:])
		}
		z, reset, g := gate[:size], gate[size:2*size], gate[2*size:]
		vec.Sigmoid(gate[:2*size], gate[:2*size])
		vec.Mul(out, reset, qt)
		vec.Add(g, g, out)
		vec.Tanh(g, g)
		update(out, z, g, last)
		s.hold(n, t, mask, out, last, s.U)
		vec.CopyCols(n, s.U, h[t*s.U:], s.T*s.U, out, s.U)
		out, last = last, out
	}
	rooms.Put(r)
}

// behind returns b from an element on; nil if it is.
func behind(b []float32, from int) []float32 {
	if b == nil {
		return nil
	}
	return b[from:]
}

// update computes out = g + z∘(last − g).
func update(out, z, g, last []float32) {
	vec.Sub(out, last, g)
	vec.Mul(out, out, z)
	vec.Add(out, g, out)
}

// GRUGrad computes the gradients of GRU from dy, that of h, and all that GRU had and made. dx may be nil; db is nil
// where there is no bias.
func GRUGrad(n int, s Shape, dx, dw, dv, db, dy, h, gates, q, x, w, v, mask []float32) {
	GRUGradFrom(n, s, dx, dw, dv, db, nil, nil, dy, h, gates, q, x, w, v, mask, nil)
}

// GRUGradFrom is GRUGrad of GRUFrom: dh0 becomes the gradient of the initial state, and may be nil. If
// deltas is given, it becomes what GRUWeights takes, which computes dw, dv and db then: here they are nil.
func GRUGradFrom(n int, s Shape, dx, dw, dv, db, deltas, dh0, dy, h, gates, q, x, w, v, mask, h0 []float32) {
	s.checkMask(n, mask)
	s.checkInitial(n, dh0, h0)
	s.checkWeights(n, 3, dw, dv, db, deltas, 4*s.U)
	s.check(n, [2]int{len(dy), n * s.T * s.U}, [2]int{len(h), n * s.T * s.U},
		[2]int{len(gates), 3 * n * s.T * s.U}, [2]int{len(q), n * s.T * s.U}, [2]int{len(x), n * s.T * s.F}, [2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U})
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
		vec.Mul(dr, dg, q[size*t:][:size])
		vec.SigmoidGrad(dr, dr, reset)
		vec.Mul(dq, dg, reset)
		for _, d := range [][]float32{dz, dr, dg, dq} {
			s.hold(n, t, mask, d, nil, 0)
		}
		if deltas != nil {
			s.keep(n, t, deltas, dz, dr, dg, dq)
		} else {
			weights(n, 3, s.U, s.F, dw, 3*s.U, x[t*s.F:], s.T*s.F, all)
			if db != nil {
				biases(n, 3, s.U, db, all)
				biases(n, 2, s.U, db[3*s.U:], all)
				biases(n, 1, s.U, db[5*s.U:], dq)
			}
			if state != nil {
				weights(n, 2, s.U, s.U, dv, 3*s.U, last, s.U, all)
				weights(n, 1, s.U, s.U, dv[2*s.U:], 3*s.U, last, s.U, dq)
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
			copy(dh, some)
			transposed(n, 2, s.U, s.U, dh, s.U, all, v, 3*s.U, true)
			transposed(n, 1, s.U, s.U, dh, s.U, dq, v[2*s.U:], 3*s.U, true)
			s.hold(n, t, mask, dh, kept, s.U)
		}
	}
	copy(dh0, dh)
	rooms.Put(r)
}

// GRUWeights computes rows [from, to) of the gradients of the weights of GRU, those of w and below them those of v, and with
// the last row the gradient of the biases, from deltas as GRUGradFrom made it, and from what GRU had and made. db is nil
// where there are no biases; h0 is nil for none.
//
//	deltas  n×T×4U
func GRUWeights(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	a := summed{s, n, deltas, 4 * s.U}
	clearRows(dw, dv, db, s.F, 3*s.U, from, to)
	for k := s.T - 1; k >= 0; k-- {
		t, _ := s.at(k)
		a.add(t, 0, 3, dw, 0, 3*s.U, x[t*s.F:], s.T*s.F, from, min(to, s.F))
		if state, stride := s.state(k, h, h0); state != nil {
			a.add(t, 0, 2, dv, 0, 3*s.U, state, stride, max(from-s.F, 0), to-s.F)
			a.add(t, 3, 1, dv, 2, 3*s.U, state, stride, max(from-s.F, 0), to-s.F)
		}
		if db != nil && to == s.F+s.U {
			a.bias(t, 0, 3, db)
			a.bias(t, 0, 2, db[3*s.U:])
			a.bias(t, 3, 1, db[5*s.U:])
		}
	}
}
