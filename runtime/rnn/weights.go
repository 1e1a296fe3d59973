package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// The gradients of weights, apart from those of sequences: the latter keep the gradients of the sums of all gates, deltas,
// one sequence after another, n×T×width, so that what sums over sequences does not depend on how those were shared out. Each
// element of a gradient adds up the steps from the last to the first, each a chain over the sequences.

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

// keep writes gradients of a step, n×U each, side by side to deltas.
func (s *Shape) keep(n, t int, deltas []float32, gates ...[]float32) {
	width := len(gates) * s.U
	for i, g := range gates {
		vec.CopyCols(n, s.U, deltas[t*width+i*s.U:], s.T*width, g, s.U)
	}
}

// plainWeights computes rows [from, to) of the gradients of the weights of k gates, each of which reads input and state: of
// dw, then of dv, and with the last row db.
func (s *Shape) plainWeights(n, k, from, to int, dw, dv, db, deltas, h, x, h0 []float32) {
	a := summed{*s, n, deltas, k * s.U}
	clearRows(dw, dv, db, s.F, k*s.U, from, to)
	for step := s.T - 1; step >= 0; step-- {
		t, _ := s.at(step)
		a.add(t, 0, k, dw, 0, k*s.U, x[t*s.F:], s.T*s.F, from, min(to, s.F))
		if state, stride := s.state(step, h, h0); state != nil {
			a.add(t, 0, k, dv, 0, k*s.U, state, stride, max(from-s.F, 0), to-s.F)
		}
		if db != nil && to == s.F+s.U {
			a.bias(t, 0, k, db)
		}
	}
}

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

// summed is deltas whose rows have some width, of n sequences.
type summed struct {
	s      Shape
	n      int
	deltas []float32
	width  int
}

// add continues, for rows [from, to) of dm,
//
//	dm[:, col·U:(col+k)·U] += aᵀ·(deltas of step t, gates [gate, gate+k))
//
// a is n×rows with a row stride, and a row of dm has ld elements.
func (d *summed) add(t, gate, k int, dm []float32, col, ld int, a []float32, stride, from, to int) {
	if from >= to || d.n == 0 {
		return
	}
	u := d.s.U
	gemm.Strided(to-from, k*u, d.n, a[from:], 1, stride, d.deltas[t*d.width+gate*u:], d.s.T*d.width, nr, dm[from*ld+col*u:], ld, gemm.Accumulate())
}

// bias adds the deltas of step t, gates [gate, gate+k), over the sequences to db.
func (d *summed) bias(t, gate, k int, db []float32) {
	r := rooms.Get().(*room)
	cols := k * d.s.U
	var step []float32
	r.take(d.n*cols, &step)
	vec.CopyCols(d.n, cols, step, cols, d.deltas[min(len(d.deltas), t*d.width+gate*d.s.U):], d.s.T*d.width)
	vec.SumRowsAcc(d.n, cols, db, step)
	rooms.Put(r)
}
