package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// GRUSteps is GRU over sequences of which just some first steps count: those of sequence i, steps[i] of them, at most
// s.T, and no others are computed. The rows that belong to steps lie without gaps, one sequence behind another. They
// have the bits that GRU gives them, and where all steps count, the order.
//
//	h      rows×U, for Σ steps[i] rows
//	gates  rows×3×U and q rows×U, in an order of their own
//	x      rows×F
//
// The rest is as with GRU, without a mask. It panics if a sequence has more steps than s.T, or less than 0.
func GRUSteps(steps []int32, s Shape, h, gates, q, x, w, v, b []float32) {
	rows := s.checkCounts(steps)
	s.check(len(steps), [2]int{len(h), rows * s.U}, [2]int{len(gates), 3 * rows * s.U}, [2]int{len(q), rows * s.U},
		[2]int{len(x), rows * s.F}, [2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U})
	n := len(steps)
	if rows == n*s.T {
		GRU(n, s, h, gates, q, x, w, v, b, nil)
		return
	}
	r := rooms.Get().(*room)
	u, width := s.U, 3*s.U
	size, parts := s.gruLen(n, true)
	r.reserve(size+n*(s.F+2*u), parts+3)
	input := r.operand(s.F, width, w, width)
	inner, candidate := r.operand(u, 2*u, v, width), r.operand(u, u, v[2*u:], width)
	zeros, second, both, one := r.biasesOfGRU(u, b)
	in, last, out := r.cut(n*s.F), r.cut(n*u), r.cut(n*u)
	c := &r.counted
	c.set(steps, s.T)
	for t := range s.T {
		m := c.taken[t]
		if m == 0 {
			break
		}
		gate, qt := gates[width*c.before[t]:][:width*m], q[u*c.before[t]:][:u*m]
		c.gather(t, 0, in, s.F, x, s.F, 0)
		state, step := zeros, 0
		if t == 0 {
			input.multiply(m, in, s.F, gate, width, both)
			clear(qt)
		} else {
			state, step = last, u
			c.gather(t, -1, last, u, h, u, 0)
			input.multiply(m, in, s.F, gate, width, one)
			inner.multiply(m, last, u, gate, width, both.Continued())
			candidate.multiply(m, last, u, qt, u, gemm.None())
		}
		vec.GRUForward(m, u, gate, qt, out, u, state, step, second)
		c.scatter(t, h, u, out)
	}
	rooms.Put(r)
}

// GRUStepsGrad computes the gradient of the inputs of GRUSteps from dy, that of h, and all that GRUSteps had and made,
// and deltas, rows×4U, which GRUStepsWeights takes. dx, rows×F, may be nil. Where all steps count it has the bits of
// GRUGradFrom. Steps that do not count have no gradients: a step that is the last of its sequence, but not of T, gets
// +0 from those behind it.
func GRUStepsGrad(steps []int32, s Shape, dx, deltas, dy, h, gates, q, x, w, v []float32) {
	rows := s.checkCounts(steps)
	s.check(len(steps), [2]int{len(h), rows * s.U}, [2]int{len(gates), 3 * rows * s.U}, [2]int{len(q), rows * s.U},
		[2]int{len(x), rows * s.F}, [2]int{len(w), 3 * s.F * s.U}, [2]int{len(v), 3 * s.U * s.U},
		[2]int{len(dy), rows * s.U}, [2]int{len(deltas), 4 * rows * s.U})
	if dx != nil {
		s.check(len(steps), [2]int{len(dx), rows * s.F})
	}
	n := len(steps)
	if rows == n*s.T {
		GRUGradFrom(n, s, dx, nil, nil, nil, deltas, nil, dy, h, gates, q, x, w, v, nil, nil)
		return
	}
	r := rooms.Get().(*room)
	u, width := s.U, 4*s.U
	size, parts := packedLen(3*u, u)+3*n*u+u, 6
	if dx != nil {
		size += packedLen(3*u, s.F) + n*s.F
	}
	r.reserve(size, parts)
	inner, input := r.transpose(3*u, u, v, 3*u), transpose{}
	var in []float32
	if dx != nil {
		input, in = r.transpose(3*u, s.F, w, 3*u), r.cut(n*s.F)
	}
	dh, dyt, last, zeros := r.cut(n*u), r.cut(n*u), r.cut(n*u), r.filled(u, 0)
	c := &r.counted
	c.set(steps, s.T)
	for t := s.T - 1; t >= 0; t-- {
		m := c.taken[t]
		if m == 0 {
			continue
		}
		end := float32(0)
		if t == s.T-1 {
			end = negativeZero
		}
		c.spread(t, dh, u, end)
		c.gather(t, 0, dyt, u, dy, u, 0)
		state, step := zeros, 0
		if t > 0 {
			state, step = last, u
			c.gather(t, -1, last, u, h, u, 0)
		}
		d := deltas[width*c.before[t]:][:width*m]
		vec.GRUBackward(m, u, d, width, dh, dyt, u, gates[3*u*c.before[t]:], q[u*c.before[t]:], state, step)
		if dx != nil {
			input.multiply(m, 0, 3*u, d, width, in, s.F, false)
			c.scatter(t, dx, s.F, in)
		}
		if t == 0 {
			break
		}
		if s.cut(t) {
			clear(dh[:m*u])
		} else {
			inner.multiply(m, 0, 2*u, d, width, dh, u, true)
			inner.multiply(m, 2*u, 3*u, d[3*u:], width, dh, u, true)
		}
	}
	rooms.Put(r)
}

// GRUStepsWeights is GRUWeights for deltas of GRUStepsGrad: sums leave out the steps that do not count. s.Each is not
// read.
func GRUStepsWeights(steps []int32, s Shape, from, to int, dw, dv, db, deltas, h, x []float32) {
	rows := s.checkCounts(steps)
	s.check(len(steps), [2]int{len(h), rows * s.U}, [2]int{len(x), rows * s.F}, [2]int{len(deltas), 4 * rows * s.U})
	u := s.U
	if rows == len(steps)*s.T {
		s.Each = 1
		GRUWeights(len(steps), s, from, to, dw, dv, db, deltas, h, x, nil)
		return
	}
	clearRows(dw, dv, db, s.F, 3*u, from, to)
	s.replayCounted(steps, 4*u, from, to, deltas, h, x, func(t *tape, sums []float32) {
		t.addGRU(behindRow(dw, from, 3*u), behindRow(dv, from-s.F, 3*u))
		if sums != nil {
			biasesGRU(u, db, sums)
		}
	})
}

// replayCounted is replay for steps that count.
func (s *Shape) replayCounted(steps []int32, width, from, to int, deltas, h, x []float32,
	flush func(*tape, []float32)) {
	cols, shares, n := max(from-s.F, 0), max(1, s.Shares), len(steps)
	f, u := max(0, min(to, s.F)-from), max(0, to-s.F-cols)
	r := rooms.Get().(*room)
	most := (n + shares - 1) / shares
	room := max(most, tapeRows)
	r.tape = tape{most: room, width: width, f: f, u: u, ldx: tapeStride(f), ldh: tapeStride(u)}
	p := &r.tape
	r.reserve(room*(width+p.ldx+p.ldh)+width, 4)
	p.place(r)
	own, all := p.d, r.filled(width, 0)
	send := func(last bool) {
		if p.rows == 0 && !last {
			return
		}
		var sums []float32
		if to == s.F+s.U {
			vec.SumRowsAcc(p.rows, width, all, p.d)
			if last {
				sums = all
			}
		}
		flush(p, sums)
		p.clear()
		p.d = own
	}
	for len(r.shares) < shares {
		r.shares = append(r.shares, counted{})
	}
	at := 0
	for i := range shares {
		c := &r.shares[i]
		c.set(steps[n*i/shares:n*(i+1)/shares], s.T)
		c.first = at
		at += c.rows
	}
	for t := s.T - 1; t >= 0; t-- {
		for i := range shares {
			c := &r.shares[i]
			m := c.taken[t]
			if m == 0 {
				continue
			}
			whole := m >= replayRows
			if whole || p.rows+m > p.most {
				send(false)
			}
			d := deltas[(c.first+c.before[t])*width:][:m*width]
			if whole {
				p.d = d
			} else {
				copy(p.d[p.rows*width:], d)
			}
			if f > 0 {
				c.gather(t, 0, p.x[p.rows*p.ldx:], p.ldx, x[c.first*s.F:], s.F, from)
			}
			if t > 0 {
				if u > 0 {
					c.gather(t, -1, p.h[p.rows*p.ldh:], p.ldh, h[c.first*s.U:], s.U, cols)
				}
				p.withState += m
			}
			if p.rows += m; whole {
				send(false)
			}
		}
	}
	send(true)
	r.tape.d, r.tape.x, r.tape.h = nil, nil, nil
	rooms.Put(r)
}

// counted is how some sequences lie of which just some first steps count: by sequences, and by steps.
type counted struct {
	steps  []int32
	rows   int
	first  int   // the row of the first sequence
	taken  []int // how many sequences take step t
	before []int // and how many rows those of the steps before it are
	start  []int // of each sequence, the row of its first step
}

// set is for sequences of at most t steps.
func (c *counted) set(steps []int32, t int) {
	c.steps, c.rows, c.first = steps, 0, 0
	c.taken = append(c.taken[:0], make([]int, t)...)
	c.before, c.start = c.before[:0], c.start[:0]
	for _, k := range steps {
		c.start = append(c.start, c.rows)
		c.rows += int(k)
		if k > 0 {
			c.taken[k-1]++
		}
	}
	for k := t - 2; k >= 0; k-- {
		c.taken[k] += c.taken[k+1]
	}
	sum := 0
	for _, m := range c.taken {
		c.before = append(c.before, sum)
		sum += m
	}
}

// gather copies columns from one on of the rows of x, one for each step, to those of dst: of sequences that take step
// t, the row of that step, or of one that is offset from it. As many columns are copied as a row of dst has, or are
// left.
func (c *counted) gather(t, offset int, dst []float32, ldd int, x []float32, ldx, from int) {
	cols := min(ldd, ldx-from)
	for i, k := range c.steps {
		if int(k) > t {
			copy(dst[:cols], x[(c.start[i]+t+offset)*ldx+from:][:cols])
			dst = dst[min(ldd, len(dst)):]
		}
	}
}

// scatter copies rows of x to those of dst that belong to step t of the sequences that take it.
func (c *counted) scatter(t int, dst []float32, width int, x []float32) {
	for i, k := range c.steps {
		if int(k) > t {
			copy(dst[(c.start[i]+t)*width:][:width], x[:width])
			x = x[width:]
		}
	}
}

// spread makes rows of the sequences that take step t+1 those of the ones that take step t, the others filled with v.
func (c *counted) spread(t int, x []float32, width int, v float32) {
	to, from := c.taken[t], 0
	if t+1 < len(c.taken) {
		from = c.taken[t+1]
	}
	for i := len(c.steps) - 1; i >= 0 && to > from; i-- {
		switch k := int(c.steps[i]); {
		case k > t+1:
			to, from = to-1, from-1
			copy(x[to*width:][:width], x[from*width:][:width])
		case k > t:
			to--
			row := x[to*width:][:width]
			for j := range row {
				row[j] = v
			}
		}
	}
}

// checkCounts returns the sum of the steps that count; it panics if one is not of a sequence.
func (s *Shape) checkCounts(steps []int32) (rows int) {
	for _, k := range steps {
		if k < 0 || int(k) > s.T {
			panic(badShape)
		}
		rows += int(k)
	}
	if s.Reverse {
		panic(badShape)
	}
	return rows
}
