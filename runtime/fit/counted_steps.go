package fit

import (
	"math"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// CountedSteps holds the steps that count of the examples of a piece: those of an example up to the last that has a
// weight. No loss knows of those behind it, and gradients pass by none of them, if what makes a step sees none behind
// it. So a training computes just these, one example behind another, without gaps.
//
// What is left out would add 0·v, which changes no sum but one of −0 if v is finite. So Take leaves out nothing where
// some v might not be finite, and Again tells where there is a sum of −0.
type CountedSteps struct {
	Counts  []int32   // how many steps of each example count
	X, Y, W []float32 // what they have of inputs, targets, and weights

	all            struct{ x, y, w []float32 }
	t              int
	starts         []int // the row of the first step of each example, and how many rows there are
	bufX, bufY, bW []float32
}

// mostSquares bounds the sum of the squares of the parameters, and that of the targets, so that none is above 2¹⁶: sums
// of products of three such numbers, in the rows of a network that gates bound, and what the loss makes of them, are
// far from what float32 has.
const mostSquares = 1 << 32

// worthLeaving is the share of steps that must not count so that it is worth to leave them out, 1/worthLeaving: finding
// and moving the others takes a few hundredths of a training step.
const worthLeaving = 16

// Take sets the steps of n examples of t steps each, of which w has the weights, nil for 1. With parameters, targets
// or a scale of gradients that are not finite, or large, all steps count. It allocates where there is no room.
func (s *CountedSteps) Take(n, t int, x, y, w, params []float32, scale float32) {
	s.all.x, s.all.y, s.all.w, s.t = x, y, w, t
	if cap(s.Counts) < n {
		s.Counts, s.starts = make([]int32, n), make([]int, n+1)
	}
	s.Counts, s.starts = s.Counts[:n], s.starts[:n+1]
	rows := n * t
	if w != nil && scale <= math.MaxFloat32 && squares(params) <= mostSquares && squares(y) <= mostSquares {
		rows = s.count(w)
	}
	if n*t-rows < (n*t+worthLeaving-1)/worthLeaving {
		s.takeAll()
		return
	}
	dx, dy := len(x)/(n*t), len(y)/(n*t)
	if cap(s.bW) < n*t {
		s.bufX, s.bufY, s.bW = make([]float32, len(x)), make([]float32, len(y)), make([]float32, n*t)
	}
	s.X, s.Y, s.W = s.bufX[:rows*dx], s.bufY[:rows*dy], s.bW[:rows]
	for i, k := range s.Counts {
		from, to, k := i*t, s.starts[i], int(k)
		copy(s.X[to*dx:], x[from*dx:(from+k)*dx])
		copy(s.Y[to*dy:], y[from*dy:(from+k)*dy])
		copy(s.W[to:], w[from:from+k])
	}
}

// squares returns the sum of the squares of x.
func squares(x []float32) float64 {
	sum := 0.0
	for len(x) > 0 {
		k := min(len(x), cpu.CallElements)
		sum += float64(vec.Dot(x[:k], x[:k]))
		x = x[k:]
	}
	return sum
}

// count finds the steps that count, and returns how many these are.
func (s *CountedSteps) count(w []float32) int {
	rows := 0
	for i := range s.Counts {
		k := s.t
		for k > 0 && w[i*s.t+k-1] == 0 {
			k--
		}
		s.Counts[i], s.starts[i] = int32(k), rows
		rows += k
	}
	s.starts[len(s.Counts)] = rows
	return rows
}

// takeAll has all steps count.
func (s *CountedSteps) takeAll() {
	for i := range s.Counts {
		s.Counts[i], s.starts[i] = int32(s.t), i*s.t
	}
	s.starts[len(s.Counts)] = len(s.Counts) * s.t
	s.X, s.Y, s.W = s.all.x, s.all.y, s.all.w
}

// Again tells whether the gradients have to be computed again, now of all steps: where some were left out, and a
// gradient is −0.
func (s *CountedSteps) Again(gradients []float32) bool {
	if s.Rows() == len(s.Counts)*s.t || !gemm.HasNegativeZero(gradients) {
		return false
	}
	s.takeAll()
	return true
}

// Rows returns how many steps count.
func (s *CountedSteps) Rows() int { return s.starts[len(s.Counts)] }

// Of returns how many steps of the examples [lo, hi) count, and which rows of X, Y and W are theirs.
func (s *CountedSteps) Of(lo, hi int) (counts []int32, from, to int) {
	return s.Counts[lo:hi], s.starts[lo], s.starts[hi]
}
