package rnn

import "github.com/nngen/nngen/runtime/vec"

// The gradients of weights, apart from those of sequences: the latter keep the gradients of the sums of all gates, deltas,
// one step after another, T×n×width. What sums over sequences goes through the steps of all shares that Shape tells of,
// so that it does not depend on how sequences were shared out: each element of a gradient adds up the steps from the
// last to the first, each a chain over the sequences.

// checkWeights panics unless the gradients of the weights of k gates are given, or deltas of some width; the former it
// clears.
func (s *Shape) checkWeights(n, k int, dw, dv, db, deltas []float32, width int) {
	if deltas != nil {
		s.check(n, [2]int{len(deltas), n * s.T * width})
		return
	}
	s.check(n, [2]int{len(dw), k * s.F * s.U}, [2]int{len(dv), k * s.U * s.U})
	clear(dw[:k*s.F*s.U])
	clear(dv[:k*s.U*s.U])
	clear(db)
}

// keep writes gradients of a step, n×U each, side by side to deltas, T×n×width.
func (s *Shape) keep(n, t int, deltas []float32, gates ...[]float32) {
	width := len(gates) * s.U
	for i, g := range gates {
		vec.CopyCols(n, s.U, deltas[n*t*width+i*s.U:], width, g, s.U)
	}
}

// plainWeights computes rows [from, to) of the gradients of the weights of k gates, each of which reads input and state: of
// dw, then of dv, and with the last row db.
func (s *Shape) plainWeights(n, k, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	clearRows(dw, dv, db, s.F, k*s.U, from, to)
	s.replay(n, k*s.U, from, to, deltas, h, x, h0, func(t *tape, sums []float32) {
		t.addPlain(behindRow(dw, from, k*s.U), behindRow(dv, from-s.F, k*s.U))
		if sums != nil && db != nil {
			copy(db, sums)
		}
	})
}

// behindRow returns m from a row on, or from its start if that is before it; nil if it is shorter.
func behindRow(m []float32, row, ld int) []float32 { return m[min(len(m), max(0, row)*ld):] }

// clearRows sets rows [from, to) of dw, f×cols, and dv below it to 0, and with the last row db.
func clearRows(dw, dv, db []float32, f, cols, from, to int) {
	if from < f {
		clear(dw[from*cols : min(to, f)*cols])
	}
	if to > f {
		clear(dv[max(from-f, 0)*cols : (to-f)*cols])
	}
	if to == f+len(dv)/cols {
		clear(db)
	}
}
