// Package rnn runs recurrent cells over sequences, forward and back through time, on one goroutine.
//
// Inputs and outputs are n sequences of t steps, n×t×f and n×t×u, row-major; weights are f×(k·u) and
// u×(k·u) for the k gates of a cell, side by side in Keras' order. What the gradient needs beside outputs
// is kept in arrays of their own layout, which belong to the same n: gates t×n×k×u (t×k×n×u of GRUBefore; of LSTM
// t×n×(k+1)×u), cells t×n×u.
// Where no gradient is computed, what no step reads of the one before is given as nil, and kept for one step at a time.
//
// Before its function, a gate is one chain of fused multiply-adds, over the input, then over the state
// before, then the bias is added, rounded; there is no state before the first step, unless an initial one is given. So a step has the same bits
// in a batch as alone, and a sequence that is fed step by step those of the whole. What follows is elementwise,
// each operation rounded, by the functions of package vec. Gradients of weights add up the steps from
// the last to the first, each a chain over the n sequences.
//
// A mask, which may be nil, has a number for each step of each sequence, n×t: a step where it is not above ½ leaves the
// state as it was, its output is that of the step before (before the first step that counts, the initial state, or 0), and
// gradients pass by it.
//
// The functions whose names end in From begin with an initial state, n×u each, and their gradients give its gradient
// too; nil stands for none.
//
// The functions whose names begin with GRUSteps compute just some first steps of each sequence, without gaps between
// the rows of one sequence and the next.
//
// Nothing allocates in the steady state. A result overlaps nothing else. Each function panics if a slice is
// shorter than its shape.
package rnn

import (
	"math"
	"sync"

	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// Shape holds the extents of a recurrent layer: T steps of F numbers, and U units. With Reverse, the steps are
// taken from the last to the first. With Truncate, gradients of the state go no further back than to a step whose
// number, in the order in which steps are taken, is a multiple of it.
//
// Shares tells those that compute gradients of weights apart how many workers computed those of the sequences, and Each
// how many sequences an example has: of m examples worker i of k had [m·i/k, m·(i+1)/k), as Range of package workers cuts
// them. 0 stands for 1.
type Shape struct {
	T, F, U      int
	Reverse      bool
	Truncate     int
	Shares, Each int
}

const badShape = "rnn: an extent is below 1, or a slice shorter than its shape"

// check panics unless extents are positive and each slice has as many elements as are wanted of it.
func (s *Shape) check(n int, lens ...[2]int) {
	if n < 0 || s.T < 1 || s.F < 1 || s.U < 1 {
		panic(badShape)
	}
	for _, l := range lens {
		if l[0] < l[1] {
			panic(badShape)
		}
	}
}

// at returns the k-th step, and the one before it in time.
func (s *Shape) at(k int) (t, before int) {
	if s.Reverse {
		return s.T - 1 - k, s.T - k
	}
	return k, k - 1
}

// cut tells whether gradients of the state end at the k-th step; those of the first go on to the initial state.
func (s *Shape) cut(k int) bool { return k > 0 && s.Truncate > 0 && k%s.Truncate == 0 }

// state returns the outputs before the k-th step, with their row stride: of the step before in h, n×T×U, or the initial ones,
// which may be nil.
func (s *Shape) state(k int, h, initial []float32) (x []float32, stride int) {
	if k == 0 {
		return initial, s.U
	}
	_, before := s.at(k)
	return h[before*s.U:], s.T * s.U
}

// last returns what is kept of the step before the k-th in x, T×n×U, or the initial numbers, which may be nil.
func (s *Shape) last(n, k int, x, initial []float32) []float32 {
	if k == 0 {
		return initial
	}
	_, before := s.at(k)
	return x[n*s.U*before:][:n*s.U]
}

// checkInitial panics unless each state that is given has a number for each unit of each sequence.
func (s *Shape) checkInitial(n int, states ...[]float32) {
	for _, x := range states {
		if x != nil {
			s.check(n, [2]int{len(x), n * s.U})
		}
	}
}

// checkKept panics if what is kept of each step, of some numbers for each unit, is given and too short.
func (s *Shape) checkKept(n, width int, x []float32) {
	if x != nil {
		s.check(n, [2]int{len(x), width * n * s.T * s.U})
	}
}

// kept returns what is kept of step t in x, T×size; shared, which all steps use, if it is nil.
func kept(x, shared []float32, t, size int) []float32 {
	if x == nil {
		return shared[:size]
	}
	return x[size*t:][:size]
}

// checkMask panics unless a mask, if there is one, has a number for each step.
func (s *Shape) checkMask(n int, mask []float32) {
	if mask != nil {
		s.check(n, [2]int{len(mask), n * s.T})
	}
}

// hold gives the sequences whose step t is masked, in x, n×U, the numbers that they have in old, n×U with a row stride;
// 0 if it is nil.
func (s *Shape) hold(n, t int, mask, x, old []float32, stride int) {
	s.holdRows(n, t, mask, x, s.U, s.U, old, stride)
}

// holdRows is hold for rows of some width, x with a row stride.
func (s *Shape) holdRows(n, t int, mask, x []float32, ld, width int, old []float32, stride int) {
	if mask == nil {
		return
	}
	for i := range n {
		if mask[i*s.T+t] > 0.5 {
			continue
		}
		row := x[i*ld:][:width]
		if old == nil {
			clear(row)
		} else {
			copy(row, old[i*stride:])
		}
	}
}

// nr is the width of a panel of package gemm.
const nr = abi.NR

// room is scratch space, of which used elements are cut off.
type room struct {
	x    []float32
	used int
	tape tape
	// of sequences of which some steps count, and of the shares of them that workers had
	counted counted
	shares  []counted
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// reserve makes room for n elements in some slices.
func (r *room) reserve(n, slices int) {
	if n = reserved(n, slices); cap(r.x) < n {
		r.x = make([]float32, n)
	}
	r.x, r.used = r.x[:cap(r.x)], 0
}

// reserved returns the room for n elements, less than line of which get lost for each slice.
func reserved(n, slices int) int { return n + slices*line }

// line is the number of elements in a line of a cache.
const line = 16

// cut returns the next n elements.
func (r *room) cut(n int) []float32 {
	from := r.used
	r.used += (n + line - 1) / line * line
	return r.x[from : from+n : from+n]
}

// filled returns n elements that are v.
func (r *room) filled(n int, v float32) []float32 {
	x := r.cut(n)
	if v == 0 && !math.Signbit(float64(v)) {
		clear(x)
		return x
	}
	for i := range x {
		x[i] = v
	}
	return x
}

// negativeZero is −0: what it is added to keeps its bits, and so do sums that start with it.
var negativeZero = float32(math.Copysign(0, -1))

// take returns slices of n elements each.
func (r *room) take(n int, slices ...*[]float32) {
	r.x = scratch(r, n*len(slices))
	for i, s := range slices {
		*s = r.x[i*n : (i+1)*n : (i+1)*n]
	}
}

// product computes, for each of k gates, gates[g] = a·m[:, g·u:(g+1)·u], or continues it, and adds the bias if
// there is one: a is n×in with a row stride, and a row of m has ld elements.
func product(n, k, u, in int, gates, a []float32, stride int, m []float32, ld int, bias []float32, continued bool) {
	cols, count := u, k
	if n == 1 { // the gates lie side by side in both
		cols, count = k*u, 1
	}
	for g := range count {
		e := gemm.None()
		if bias != nil {
			e = gemm.Bias(bias[g*cols:])
		}
		if continued {
			e = e.Continued()
		}
		gemm.Strided(n, cols, in, a, stride, 1, m[g*cols:], ld, nr, gates[g*n*u:], cols, e)
	}
}

// weights continues dm[:, g·u:(g+1)·u] += aᵀ·gates[g] for each of k gates: gates are k×n×u, a n×in with a row
// stride, and a row of dm has ld elements.
func weights(n, k, u, in int, dm []float32, ld int, a []float32, stride int, gates []float32) {
	for g := range k {
		gemm.Strided(in, u, n, a, 1, stride, gates[g*n*u:], u, nr, dm[g*u:], ld, gemm.Accumulate())
	}
}

// biases adds the gradients of k gates, k×n×u, over the sequences to db, which may be nil.
func biases(n, k, u int, db, gates []float32) {
	if db == nil {
		return
	}
	for g := range k {
		vec.SumRowsAcc(n, u, db[g*u:], gates[g*n*u:][:n*u])
	}
}

// transposed computes dst = Σ over k gates of gates[g]·m[:, g·u:(g+1)·u]ᵀ, one chain in their order, or continues
// it: gates are k×n×u, dst n×in with a row stride, and a row of m has ld elements.
func transposed(n, k, u, in int, dst []float32, stride int, gates, m []float32, ld int, continued bool) {
	for g := range k {
		e := gemm.None()
		if g > 0 || continued {
			e = gemm.Accumulate()
		}
		gemm.NT(n, in, u, gates[g*n*u:], u, m[g*u:], ld, dst, stride, e)
	}
}
