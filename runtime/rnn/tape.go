package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// A tape holds steps of n sequences, those of one step after those of a later one, for products that sum over steps and
// sequences: one product is one chain over all of them. Behind the rows at hand there is room for those of another
// step.
type tape struct {
	n, most         int       // sequences; rows that there is room for
	width, f, u     int       // of rows: gradients of the sums of gates, and the columns of input and state
	ldx, ldh        int       // row strides
	rows, withState int       // at hand; and those of them, the first, whose step has a state before it
	inPlace         bool      // x and h are those of the layer: there is one step at a time
	d, x, h         []float32 // most×width, most×f, most×u
}

// tapeRows is how many rows a tape has room for, or all sequences: the terms of a call of a kernel.
const tapeRows = 256

// tapeStride returns the row stride of a matrix with some columns that is read by columns: for wide ones an odd number
// of cache lines, so that a column is spread over all sets of a cache.
func tapeStride(cols int) int {
	if cols < 2*line {
		return cols
	}
	return ((cols+line-1)/line | 1) * line
}

// newTape returns a tape for gradients of the sums of gates, and the elements that it needs: none where the gradients
// of weights are computed apart.
func (s *Shape) newTape(n, width int, apart bool) (t tape, size int) {
	if apart {
		return tape{n: n, width: width}, 0
	}
	return s.tapeOf(n, width, s.F, s.U)
}

// inPlaceRows is the least number of sequences whose sum over one step is a product of its own, inPlaceStride the most
// elements from one of them to the next, so that they are not in few sets of a cache.
const inPlaceRows, inPlaceStride = 16, 256

// tapeOf is newTape for some columns of input and state.
func (s *Shape) tapeOf(n, width, f, u int) (t tape, size int) {
	if n >= inPlaceRows && s.T*max(s.F, s.U) <= inPlaceStride {
		return tape{n: n, most: n, width: width, f: f, u: u, inPlace: true}, n * width
	}
	t = tape{n: n, most: n * min(s.T, max(1, tapeRows/n)), width: width, f: f, u: u}
	t.ldx, t.ldh = tapeStride(f), tapeStride(u)
	return t, t.most * (width + t.ldx + t.ldh)
}

// place gives a tape its room.
func (t *tape) place(r *room) {
	t.d, t.x, t.h = r.cut(t.most*t.width), r.cut(t.most*t.ldx), r.cut(t.most*t.ldh)
}

// next returns the gradients of the sums of gates of the next step, n×width.
func (t *tape) next() []float32 { return t.d[t.rows*t.width:][:t.n*t.width] }

// gradients returns where those of the sums of gates at step t belong, n×width: on the tape, or in deltas, T×n×width,
// if these are given.
func (s *Shape) gradients(t int, p *tape, deltas []float32) []float32 {
	if deltas != nil {
		return deltas[p.n*t*p.width:][:p.n*p.width]
	}
	return p.next()
}

// step takes up the next step, whose gradients next has, with its input, and the state before it, nil for none, each
// with a row stride. It tells whether there is room for another.
func (t *tape) step(x []float32, xs int, state []float32, hs int) bool {
	t.add(t.n, x, xs, state, hs)
	return t.rows+t.n <= t.most
}

// add is step for some rows of one.
func (t *tape) add(rows int, x []float32, xs int, state []float32, hs int) {
	if t.inPlace {
		t.x, t.ldx, t.h, t.ldh = x, xs, state, hs
	} else if t.f > 0 {
		vec.CopyCols(rows, t.f, t.x[t.rows*t.ldx:], t.ldx, x, xs)
	}
	if state != nil {
		if t.u > 0 && !t.inPlace {
			vec.CopyCols(rows, t.u, t.h[t.rows*t.ldh:], t.ldh, state, hs)
		}
		t.withState += rows
	}
	t.rows += rows
}

// clear forgets the steps.
func (t *tape) clear() { t.rows, t.withState = 0, 0 }

// input continues dm += xᵀ·(columns [from, from+k) of d), whose rows have ld elements, over all rows.
func (t *tape) input(from, k int, dm []float32, ld int) {
	if t.f > 0 {
		gemm.TN(t.f, k, t.rows, t.x, t.ldx, t.d[from:], t.width, dm, ld, gemm.Accumulate())
	}
}

// state continues dm += hᵀ·(columns [from, from+k) of d) over the rows with a state.
func (t *tape) state(from, k int, dm []float32, ld int) {
	if t.u > 0 && t.withState > 0 {
		gemm.TN(t.u, k, t.withState, t.h, t.ldh, t.d[from:], t.width, dm, ld, gemm.Accumulate())
	}
}

// addPlain continues the gradients of the weights of gates that all read input and state.
func (t *tape) addPlain(dw, dv []float32) {
	t.input(0, t.width, dw, t.width)
	t.state(0, t.width, dv, t.width)
}

// addGRU continues the gradients of the weights of GRU, whose gradients are those of z, r, g and q.
func (t *tape) addGRU(dw, dv []float32) {
	u := t.width / 4
	t.input(0, 3*u, dw, 3*u)
	t.state(0, 2*u, dv, 3*u)
	if t.u > 0 {
		t.state(3*u, u, dv[2*u:], 3*u)
	}
}

// replayRows is the least number of sequences in a share whose sum over one step is a product of its own.
const replayRows = 64

// replay puts on tapes, from the last step to the first, the deltas of a layer and what columns [from, to) of input and
// state side by side were, and calls flush with each. With the last, sums are those of the deltas over all rows, if
// those of the last column are wanted, as the gradients of biases are made of.
//
//	deltas  T×m×width of each share of m sequences
func (s *Shape) replay(n, width, from, to int, deltas, h, x, h0 []float32, flush func(t *tape, sums []float32)) {
	if n == 0 {
		return
	}
	cols, shares, each := max(from-s.F, 0), max(1, s.Shares), max(1, s.Each)
	r := rooms.Get().(*room)
	examples := n / each
	most := (examples + shares - 1) / shares * each // sequences of a share
	tape, size := s.tapeOf(most, width, max(0, min(to, s.F)-from), max(0, to-s.F-cols))
	whole := tape.inPlace || most >= replayRows // a tape holds one step of a share, whose deltas are where they lie
	r.reserve(size+width, 4)
	tape.place(r)
	r.tape = tape // not on the stack, since flush has it
	p, all, sums := &r.tape, r.filled(width, 0), []float32(nil)
	for k := s.T - 1; k >= 0; k-- {
		t, _ := s.at(k)
		state, stride := s.state(k, h, h0)
		for share := range shares {
			lo, hi := examples*share/shares*each, examples*(share+1)/shares*each
			rows := hi - lo
			if rows == 0 {
				continue
			}
			d := deltas[(lo*s.T+rows*t)*width:][:rows*width]
			if whole {
				p.d = d
			} else {
				copy(p.d[p.rows*width:], d)
			}
			p.add(rows, x[(lo*s.T+t)*s.F+min(from, s.F):], s.T*s.F, behind(state, lo*stride+cols), stride)
			last := k == 0 && share == shares-1
			if !whole && p.rows+most <= p.most && !last {
				continue
			}
			if to == s.F+s.U {
				vec.SumRowsAcc(p.rows, width, all, p.d)
				if last {
					sums = all
				}
			}
			flush(p, sums)
			p.clear()
		}
	}
	r.tape.d, r.tape.x, r.tape.h = nil, nil, nil // which may be the layer's
	rooms.Put(r)
}
