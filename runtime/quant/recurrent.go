package quant

import "github.com/nngen/nngen/runtime/cpu"

// Steps holds the extents of a recurrent layer: T steps of F numbers, and U units. With Reverse, steps are taken from the
// last to the first. With All, the layer gives its outputs of all steps, else of the last that is taken.
type Steps struct {
	T, F, U      int
	Reverse, All bool
}

// Gates says what becomes of the sums of the k gates of a cell: see the package.
type Gates struct {
	// Bias, Multiplier and Shift have a number for each column of the weights, first of the input, then of the state.
	Bias, Multiplier, Shift []int32
	// State holds the zero of the outputs, the multiplier and the shift that make them, and the fractional bits of a cell
	// state.
	State []int32
}

// Places in State.
const (
	stateZero = iota
	stateMultiplier
	stateShift
	stateBits
	stateLen
)

// LSTM runs a long short-term memory over n sequences:
//
//	y     n×T×U with All, else n×U
//	x     n×T×F
//	mask  n×T, nil for none: a step where it is not above ½ leaves outputs and state as they were
//	w, v  F×4U and U×4U, packed: see Pack; gates in the order i, f, g, o
//
// y must not overlap x. LSTM does not allocate in the steady state, and panics if a slice is too short.
func LSTM(n int, s Steps, y, x []int8, mask []float32, w, v []int8, g Gates) {
	recur(n, 4, &s, lstmCell, y, x, mask, w, v, &g)
}

// GRU is LSTM for a gated recurrent unit whose reset gate acts behind the product with the state: w and v are F×3U and
// U×3U, gates in the order z, r, g.
func GRU(n int, s Steps, y, x []int8, mask []float32, w, v []int8, g Gates) {
	recur(n, 3, &s, gruCell, y, x, mask, w, v, &g)
}

// GRUBefore is GRU with a reset gate that acts on the state.
func GRUBefore(n int, s Steps, y, x []int8, mask []float32, w, v []int8, g Gates) {
	recur(n, 3, &s, gruBeforeCell, y, x, mask, w, v, &g)
}

// Simple is LSTM for a plain recurrent layer: w and v are F×U and U×U.
func Simple(n int, s Steps, y, x []int8, mask []float32, w, v []int8, g Gates) {
	recur(n, 1, &s, simpleCell, y, x, mask, w, v, &g)
}

// block is how many sequences run side by side, so that the weights of the state are read once for several; blockSums is
// about how many numbers of gates of the input are kept for steps to come.
const (
	block     = 8
	blockSums = 1 << 13
)

// atLeastLong returns x, or a longer one, of n elements.
func atLeastLong[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}

// A cell makes U outputs h and states s of gates of the input a and of the state b, k·U each.
type cell int

const (
	simpleCell cell = iota
	lstmCell
	gruCell
	gruBeforeCell
)

// recur runs a cell with k gates.
func recur(n, k int, s *Steps, c cell, y, x []int8, mask []float32, w, v []int8, g *Gates) {
	cols, steps := k*s.U, 1
	if s.All {
		steps = s.T
	}
	switch {
	case n < 0 || s.T < 1 || s.F < 1 || s.U < 1:
		panic(badSize)
	case len(y) < n*steps*s.U || len(x) < n*s.T*s.F || mask != nil && len(mask) < n*s.T ||
		len(w) < PackedLen(1, s.F, cols) || len(v) < PackedLen(1, s.U, cols) ||
		min(len(g.Bias), len(g.Multiplier), len(g.Shift)) < 2*cols || len(g.State) < stateLen:
		panic(badShape)
	}
	r := rooms.Get().(*room)
	for i := 0; i < n; i += block {
		m := min(block, n-i)
		var part []float32
		if mask != nil {
			part = mask[i*s.T:]
		}
		r.sequences(m, k, s, c, y[i*steps*s.U:], x[i*s.T*s.F:], part, w, v, g)
	}
	rooms.Put(r)
}

// ahead returns for how many steps the gates of the input are computed at once, with cols numbers for each of n sequences.
func (s *Steps) ahead(n, cols int) int { return max(1, min(s.T, blockSums/(n*cols))) }

// sequences runs a cell over up to block sequences.
func (r *room) sequences(n, k int, s *Steps, c cell, y, x []int8, mask []float32, w, v []int8, g *Gates) {
	u, cols := s.U, k*s.U
	some := s.ahead(n, cols)
	r.gates = atLeastLong(r.gates, n*(some+1)*cols)
	r.state, r.out = atLeastLong(r.state, n*u), atLeastLong(r.out, 2*n*u)
	inputs, sums := r.gates[:n*some*cols], r.gates[n*some*cols:]
	h, reset := r.out[:n*u], r.out[n*u:]
	clear(r.state)
	for i := range h {
		h[i] = int8(g.State[stateZero])
	}
	input, state := g.rows(cols)
	for from := 0; from < s.T; from += some {
		count := min(some, s.T-from)
		first := from // of the steps, in the order of x
		if s.Reverse {
			first = s.T - from - count
		}
		for i := range n {
			r.scaled(count, 0, cols, cols, s.F, inputs[i*some*cols:], x[(i*s.T+first)*s.F:], w, &input)
		}
		for at := range count {
			t := first + at
			if s.Reverse {
				t = first + count - 1 - at
			}
			if c == gruBeforeCell {
				r.scaled(n, 0, 2*u, cols, u, sums, h, v, &state)
				for i := range n {
					g.reset(u, reset[i*u:][:u], r.state[i*u:], inputs[(i*some+t-first)*cols+u:], sums[i*cols+u:])
				}
				r.scaled(n, 2*u, cols, cols, u, sums, reset, v, &state)
			} else {
				r.scaled(n, 0, cols, cols, u, sums, h, v, &state)
			}
			for i := range n {
				if mask == nil || mask[i*s.T+t] > 0.5 {
					g.step(c, h[i*u:][:u], r.state[i*u:][:u], inputs[(i*some+t-first)*cols:][:cols], sums[i*cols:][:cols])
				}
				if s.All {
					copy(y[(i*s.T+t)*u:], h[i*u:][:u])
				}
			}
		}
	}
	if !s.All {
		copy(y, h)
	}
}

// rows returns what makes gates of the sums of the input, and of those of the state.
func (g *Gates) rows(cols int) (input, state Rescale) {
	return Rescale{Bias: g.Bias[:cols], Multiplier: g.Multiplier[:cols], Shift: g.Shift[:cols]},
		Rescale{Bias: g.Bias[cols:], Multiplier: g.Multiplier[cols:], Shift: g.Shift[cols:]}
}

// roomSums is about how many sums are there before they are rescaled.
const roomSums = 1 << 12

// readings returns how scaled reads rows of k numbers: part of a row at a time, rows width numbers apart, at most so many.
func readings(k int) (part, width, most int) {
	part = min(k, chunk)
	width = quads(part) * quad
	return part, width, max(1, chunk/width)
}

// together returns how many of count panels a call of a kernel reads for n rows.
func together(n, width, count int) int {
	return max(1, min(count, work/(n*width*panel), roomSums/(n*panel)))
}

// scaled computes columns [from, to) of x·w + bias, rescaled to 12 fractional bits, for rows x of k and y of ld numbers.
func (r *room) scaled(rows, from, to, ld, k int, y []int32, x, w []int8, s *Rescale) {
	skip := from % panel
	first, size := from-skip, panelLen(1, k)
	w = w[first/panel*size:]
	part, width, most := readings(k)
	count := panels(to - first)
	for i := 0; i < rows; i += most {
		n := min(most, rows-i)
		group := together(n, width, count)
		r.sums = atLeastLong(r.sums, (n+1)*group*panel)
		numbers := r.numbers(n, part, width, x[i*k:], part == k)
		for j := 0; j < count; j += group {
			at, group := first+j*panel, min(group, count-j)
			cols := min(group*panel, to-at)
			start, sums := r.sums[:group*panel], r.sums[group*panel:]
			clear(start[copy(start, s.Bias[at:at+cols]):])
			a := shape{
				lines: 1, rows: n, runs: 1, quads: quads(part), panels: group, panelBytes: size, cols: to - at, xRow: width,
			}
			multiply(sums, start, numbers, w[j*size:], &a)
			for done := part; done < k; done += part { // of one row
				copy(start, sums)
				more := min(part, k-done)
				a.quads = quads(more)
				multiply(sums, start, r.numbers(1, more, width, x[i*k+done:], false), w[j*size+done*panel:], &a)
			}
			lo := max(0, skip-j*panel)
			if lo < cols {
				s.gates(y[i*ld+at+lo:], sums[lo:], at+lo, cols-lo, n, ld, group*panel)
			}
			if part < k {
				numbers = r.numbers(1, part, width, x[i*k:], false)
			}
		}
	}
}

// numbers returns rows of k numbers of x as kernels read them, width numbers apart: as bytes, if there is a kernel for
// those, which for VNNI takes whole rows.
func (r *room) numbers(rows, k, width int, x []int8, whole bool) numbers {
	var n numbers
	if cpu.HasVNNI && whole || cpu.HasNEON {
		r.bytes = atLeastLong(r.bytes, rows*width)
		n.bytes = r.bytes
	} else {
		r.words = atLeastLong(r.words, rows*width)
		n.words = r.words
	}
	for i := range rows {
		row := n.from(i * width)
		row.set(0, k, x[i*k:])
		row.repeat(k, width, 0)
	}
	return n
}

// gatesGeneric turns sums of cols channels, from channel j on, into gates with 12 fractional bits, for some rows that are
// yRow and sRow numbers apart.
func (r *Rescale) gatesGeneric(y, s []int32, j, cols, rows, yRow, sRow int) {
	m, t := r.Multiplier[j:][:cols], r.Shift[j:][:cols]
	for i := range rows {
		y, s := y[i*yRow:][:cols], s[i*sRow:][:cols]
		for c := range y {
			y[c] = multiplyShift(s[c], m[c], t[c])
		}
	}
}

// saturate returns v in 16 bits.
func saturate(v int32) int32 { return max(-1<<15, min(v, 1<<15-1)) }

// shifted returns ⌊v/2^bits + ½⌋; bits from 1 to 30.
func shifted(v int32, bits uint32) int32 { return (v + 1<<(bits-1)) >> bits }

// sigmoid and tanh return the functions of the sum of both parts of a gate.
func sigmoid(a, b int32) int32 { return interpolate(&sigmoidTable, saturate(a+b)) }
func tanh(a, b int32) int32    { return interpolate(&tanhTable, saturate(a+b)) }

// output returns the int8 number of an output.
func (g *Gates) output(v int32) int8 {
	return clamp(g.State[stateZero]+multiplyShift(v, g.State[stateMultiplier], g.State[stateShift]), -128, 127)
}

// step takes one step of a cell: h and s become those after it.
func (g *Gates) step(c cell, h []int8, s []int16, a, b []int32) {
	from := g.vectors(c, h, s, a, b)
	switch c {
	case simpleCell:
		g.simpleGeneric(from, h, a, b)
	case lstmCell:
		g.lstmGeneric(from, h, s, a, b)
	default:
		g.gruGeneric(c == gruCell, from, h, s, a, b)
	}
}

// simpleGeneric is step for a simple recurrent layer, from a unit on.
func (g *Gates) simpleGeneric(from int, h []int8, a, b []int32) {
	for j := from; j < len(h); j++ {
		h[j] = g.output(tanh(a[j], b[j]))
	}
}

// bits returns the fractional bits of a cell state.
func (g *Gates) bits() uint32 { return uint32(g.State[stateBits]) & 15 }

// lstmGeneric is step for an LSTM, from a unit on.
func (g *Gates) lstmGeneric(from int, h []int8, s []int16, a, b []int32) {
	u, bits := len(h), g.bits()
	for j := from; j < len(h); j++ {
		i, f := sigmoid(a[j], b[j]), sigmoid(a[u+j], b[u+j])
		z, o := tanh(a[2*u+j], b[2*u+j]), sigmoid(a[3*u+j], b[3*u+j])
		cell := saturate(shifted(f*int32(s[j]), 15) + shifted(i*z, 30-bits))
		s[j] = int16(cell)
		if bits > 12 {
			cell = shifted(cell, bits-12)
		} else {
			cell = saturate(cell << (12 - bits))
		}
		h[j] = g.output(o * interpolate(&tanhTable, cell))
	}
}

// mostReset bounds the part of a candidate that a reset gate multiplies, so that the product has 31 bits.
const mostReset = 1<<16 - 1

// gruGeneric is step for a GRU, from a unit on. If after, the reset gate multiplies the part of the state in the candidate.
func (g *Gates) gruGeneric(after bool, from int, h []int8, s []int16, a, b []int32) {
	u := len(h)
	for j := from; j < len(h); j++ {
		z, q := sigmoid(a[j], b[j]), b[2*u+j]
		if after {
			q = shifted(sigmoid(a[u+j], b[u+j])*max(-mostReset, min(q, mostReset)), 15)
		}
		c := tanh(a[2*u+j], q)
		c += shifted(z*(int32(s[j])-c), 15)
		s[j] = int16(c)
		h[j] = g.output(c)
	}
}

// reset computes the outputs of the state times the reset gate.
func (g *Gates) reset(u int, y []int8, s []int16, a, b []int32) {
	for j := range u {
		y[j] = g.output(shifted(sigmoid(a[j], b[j])*int32(s[j]), 15))
	}
}
