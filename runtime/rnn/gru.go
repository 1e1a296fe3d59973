package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// GRU runs a gated recurrent unit over n sequences, whose reset gate acts after the product with the state:
//
//	z, r = sigmoid(x·W + h·V + b₀ + b₁),  q = h·V + b₁,  g = tanh(x·W + b₀ + r∘q)    columns in the order z, r, g
//	h ← g + z∘(h − g)
//
//	h      n×T×U
//	gates  T×n×3×U and q T×n×U, which may be nil: see the package doc
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
	s.checkKept(n, 3, gates)
	s.checkKept(n, 1, q)
	s.check(n, [2]int{len(h), n * s.T * s.U},
		[2]int{len(x), n * s.T * s.F}, [2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	u, width, size := s.U, 3*s.U, n*s.U
	r.reserve(s.gruLen(n, gates != nil && q != nil))
	var sharedGates, sharedQ []float32
	if gates == nil || q == nil {
		sharedGates, sharedQ = r.cut(3*size), r.cut(size)
	}
	input := r.operand(s.F, width, w, width)
	inner, candidate := r.operand(u, 2*u, v, width), r.operand(u, u, v[2*u:], width)
	zeros, second, both, one := r.biasesOfGRU(u, b)
	for k := range s.T {
		t, _ := s.at(k)
		state, stride := s.state(k, h, h0)
		gate, qt := kept(gates, sharedGates, t, 3*size), kept(q, sharedQ, t, size)
		last, step := state, stride
		if state == nil {
			input.multiply(n, x[t*s.F:], s.T*s.F, gate, width, both)
			clear(qt)
			last, step = zeros, 0
		} else {
			input.multiply(n, x[t*s.F:], s.T*s.F, gate, width, one)
			inner.multiply(n, state, stride, gate, width, both.Continued())
			candidate.multiply(n, state, stride, qt, u, gemm.None())
		}
		vec.GRUForward(n, u, gate, qt, h[t*u:], s.T*u, last, step, second)
		s.holdRows(n, t, mask, h[t*u:], s.T*u, u, state, stride)
	}
	rooms.Put(r)
}

// biasesOfGRU returns the rows of biases as a step takes them: a row of zeros, what vec.GRUForward adds, and the ends
// of products: of those that are whole, and of that of the input where a state follows. The first row of biases is
// added to whole sums: that of the candidate has no state in it.
func (r *room) biasesOfGRU(u int, b []float32) (zeros, second []float32, both, one gemm.Epilogue) {
	width := 3 * u
	zeros, second = r.filled(u, 0), r.filled(width, negativeZero)
	both, one = gemm.None(), gemm.None()
	if b != nil {
		first := r.filled(width, negativeZero)
		copy(first[2*u:], b[2*u:width])
		copy(second, b[width:2*width])
		both, one = gemm.Bias(b), gemm.Bias(first)
	}
	return zeros, second, both, one
}

// gruLen returns the elements that GRUFrom reserves, and their slices.
func (s *Shape) gruLen(n int, kept bool) (elements, slices int) {
	elements, slices = packedLen(s.F, 3*s.U)+packedLen(s.U, 2*s.U)+packedLen(s.U, s.U)+9*s.U, 6
	if !kept {
		elements, slices = elements+4*n*s.U, slices+2
	}
	return elements, slices
}

// behind returns b from an element on; nil if it is.
func behind(b []float32, from int) []float32 {
	if b == nil {
		return nil
	}
	return b[from:]
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
		[2]int{len(gates), 3 * n * s.T * s.U}, [2]int{len(q), n * s.T * s.U}, [2]int{len(x), n * s.T * s.F},
		[2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U})
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	u, width, size := s.U, 4*s.U, n*s.U
	tape, room := s.newTape(n, width, deltas != nil)
	if dx != nil {
		room += packedLen(3*u, s.F)
	}
	r.reserve(room+packedLen(3*u, u)+2*size+5*u, 9)
	tape.place(r)
	inner, input := r.transpose(3*u, u, v, 3*u), transpose{}
	if dx != nil {
		input = r.transpose(3*u, s.F, w, 3*u)
	}
	dh, zeros, sums := r.filled(size, negativeZero), r.filled(u, 0), r.filled(width, 0)
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
		state, stride := s.state(k, h, h0)
		last, step := state, stride
		if state == nil {
			last, step = zeros, 0
		}
		d := s.gradients(t, &tape, deltas)
		vec.GRUBackward(n, u, d, width, dh, dy[t*u:], s.T*u, gates[3*size*t:], q[size*t:], last, step)
		s.holdRows(n, t, mask, d, width, width, nil, 0)
		if dx != nil {
			input.multiply(n, 0, 3*u, d, width, dx[t*s.F:], s.T*s.F, false)
		}
		if state != nil {
			if s.cut(k) {
				clear(dh)
			} else {
				inner.multiply(n, 0, 2*u, d, width, dh, u, true)
				inner.multiply(n, 2*u, 3*u, d[3*u:], width, dh, u, true)
				s.hold(n, t, mask, dh, kept, u)
			}
		}
		if deltas != nil {
			continue
		}
		if !tape.step(x[t*s.F:], s.T*s.F, state, stride) || k == 0 {
			tape.addGRU(dw, dv)
			vec.SumRowsAcc(tape.rows, width, sums, tape.d)
			tape.clear()
		}
	}
	if deltas == nil {
		biasesGRU(u, db, sums)
	}
	copy(dh0, dh)
	rooms.Put(r)
}

// biasesGRU writes the gradients of the biases, which may be nil, from those of z, r, g and q.
func biasesGRU(u int, db, sums []float32) {
	if db != nil {
		copy(db[:3*u], sums)
		copy(db[3*u:5*u], sums)
		copy(db[5*u:6*u], sums[3*u:])
	}
}

// GRUWeights computes rows [from, to) of the gradients of the weights of GRU, those of w and below them those of v, and with
// the last row the gradient of the biases, from deltas as GRUGradFrom made it, and from what GRU had and made. db is nil
// where there are no biases; h0 is nil for none.
//
//	deltas  T×m×4U of each share of m sequences
func GRUWeights(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	u := s.U
	clearRows(dw, dv, db, s.F, 3*u, from, to)
	s.replay(n, 4*u, from, to, deltas, h, x, h0, func(t *tape, sums []float32) {
		t.addGRU(behindRow(dw, from, 3*u), behindRow(dv, from-s.F, 3*u))
		if sums != nil {
			biasesGRU(u, db, sums)
		}
	})
}
