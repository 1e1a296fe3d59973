package tiny

// QuantSteps holds the extents of a recurrent layer, as quant.Steps.
type QuantSteps struct {
	T, F, U      int
	Reverse, All bool
}

// Gates says what becomes of the sums of the gates of a cell, as quant.Gates.
type Gates struct{ Bias, Multiplier, Shift, State I32 }

// part returns what the sum of a column becomes.
func (g *Gates) part(s int32, at int) int32 {
	return multiplyShift(s, g.Multiplier.at32(at), g.Shift.at32(at))
}

// output returns the int8 number of an output.
func (g *Gates) output(v int32) float32 {
	const zero, multiplier, shift = 0, 1, 2
	return float32(clamp(g.State.at32(zero)+multiplyShift(v, g.State.at32(multiplier), g.State.at32(shift)), -128, 127))
}

// A quantCell takes the steps of a recurrent layer. State and outputs are whole numbers, which float32 holds exactly.
type quantCell struct {
	Gates
	kind     int
	w, v     I8
	u, cols  int
	x        []int8
	out      []float32 // before the step
	cell     []float32 // state
	next     []float32 // the outputs after the step
	multiply []float32 // by the weights of the state: out, but for the candidates of a GRUBefore
	reset    []float32 // outputs times the reset gate, of a GRUBefore
}

// input and state return the parts of gate k of unit j.
func (c *quantCell) input(k, j int) int32 {
	at := k*c.u + j
	return c.part(c.w.dot(c.cols, at, c.x, c.Bias.at32(at)), at)
}

func (c *quantCell) state(k, j int) int32 {
	at := k*c.u + j
	s, from := c.Bias.at32(c.cols+at), at
	for _, h := range c.multiply {
		s += int32(h) * c.v.At(from)
		from += c.cols
	}
	return c.part(s, c.cols+at)
}

// saturate returns v in 16 bits.
func saturate(v int32) int32 { return max(-1<<15, min(v, 1<<15-1)) }

// shifted returns ⌊v/2^bits + ½⌋; bits from 1 to 30.
func shifted(v int32, bits uint32) int32 { return (v + 1<<(bits-1)) >> bits }

// gate returns the function of a table of gate k of unit j.
func (c *quantCell) gate(table I16, k, j int) int32 {
	return interpolate(table, saturate(c.input(k, j)+c.state(k, j)))
}

// simple is a step of quant.Simple.
func (c *quantCell) simple() {
	for j := range c.u {
		c.next[j] = c.output(c.gate(tanhTable, 0, j))
	}
}

// lstm is a step of quant.LSTM.
func (c *quantCell) lstm() {
	const bitsAt = 3
	bits := uint32(c.State.at32(bitsAt)) & 15
	for j := range c.u {
		i, f := c.gate(sigmoidTable, 0, j), c.gate(sigmoidTable, 1, j)
		z, o := c.gate(tanhTable, 2, j), c.gate(sigmoidTable, 3, j)
		cell := saturate(shifted(f*int32(c.cell[j]), 15) + shifted(i*z, 30-bits))
		c.cell[j] = float32(cell)
		if bits > 12 {
			cell = shifted(cell, bits-12)
		} else {
			cell = saturate(cell << (12 - bits))
		}
		c.next[j] = c.output(o * interpolate(tanhTable, cell))
	}
}

// mostReset bounds what a reset gate multiplies.
const mostReset = 1<<16 - 1

// gru is a step of quant.GRU.
func (c *quantCell) gru() {
	for j := range c.u {
		q := max(-mostReset, min(c.state(2, j), mostReset))
		c.blend(j, shifted(c.gate(sigmoidTable, 1, j)*q, 15))
	}
}

// gruBefore is a step of quant.GRUBefore.
func (c *quantCell) gruBefore() {
	for j := range c.u {
		c.reset[j] = c.output(shifted(c.gate(sigmoidTable, 1, j)*int32(c.cell[j]), 15))
	}
	for j := range c.u {
		c.multiply = c.reset
		q := c.state(2, j)
		c.multiply = c.out
		c.blend(j, q)
	}
}

// blend makes the state of unit j after a step of a GRU, given the part of the state in its candidate.
func (c *quantCell) blend(j int, q int32) {
	s := interpolate(tanhTable, saturate(c.input(2, j)+q))
	s += shifted(c.gate(sigmoidTable, 0, j)*(int32(c.cell[j])-s), 15)
	c.cell[j] = float32(s)
	c.next[j] = c.output(s)
}

// The kinds of cells.
const (
	simpleCell = iota
	lstmCell
	gruCell
	gruBeforeCell
)

// step takes one step.
func (c *quantCell) step() {
	switch c.kind {
	case simpleCell:
		c.simple()
	case lstmCell:
		c.lstm()
	case gruCell:
		c.gru()
	default:
		c.gruBefore()
	}
}

// run takes the steps of n sequences.
func (c *quantCell) run(n int, s QuantSteps, y, x []int8, mask, scratch []float32) {
	u := s.U
	c.cell, c.out, c.next = scratch[:u], scratch[u:2*u], scratch[2*u:3*u]
	c.u, c.multiply = u, c.out
	for i := range n {
		clear(c.cell)
		for j := range c.out {
			c.out[j] = float32(c.State.at32(0))
		}
		for k := range s.T {
			t := k
			if s.Reverse {
				t = s.T - 1 - k
			}
			if mask == nil || mask[i*s.T+t] > 0.5 {
				c.x = x[(i*s.T+t)*s.F:][:s.F]
				c.step()
				copy(c.out, c.next)
			}
			if s.All {
				whole8(y[(i*s.T+t)*u:], c.out)
			}
		}
		if !s.All {
			whole8(y[i*u:], c.out)
		}
	}
}

// whole8 copies whole numbers.
func whole8(y []int8, x []float32) {
	for j, v := range x {
		y[j] = int8(v)
	}
}

// QuantSimple runs a simple recurrent layer, as quant.Simple. Scratch is 4·U numbers, as of those below.
func QuantSimple(n int, s QuantSteps, y, x []int8, mask []float32, w, v I8, g Gates, scratch []float32) {
	c := quantCell{kind: simpleCell, Gates: g, w: w, v: v, cols: s.U}
	c.run(n, s, y, x, mask, scratch)
}

// QuantLSTM runs a long short-term memory, as quant.LSTM.
func QuantLSTM(n int, s QuantSteps, y, x []int8, mask []float32, w, v I8, g Gates, scratch []float32) {
	c := quantCell{kind: lstmCell, Gates: g, w: w, v: v, cols: 4 * s.U}
	c.run(n, s, y, x, mask, scratch)
}

// QuantGRU runs a gated recurrent unit, as quant.GRU.
func QuantGRU(n int, s QuantSteps, y, x []int8, mask []float32, w, v I8, g Gates, scratch []float32) {
	c := quantCell{kind: gruCell, Gates: g, w: w, v: v, cols: 3 * s.U}
	c.run(n, s, y, x, mask, scratch)
}

// QuantGRUBefore runs a gated recurrent unit, as quant.GRUBefore.
func QuantGRUBefore(n int, s QuantSteps, y, x []int8, mask []float32, w, v I8, g Gates, scratch []float32) {
	c := quantCell{kind: gruBeforeCell, Gates: g, w: w, v: v, cols: 3 * s.U, reset: scratch[3*s.U:][:s.U]}
	c.run(n, s, y, x, mask, scratch)
}

// QuantRows computes y[i] = w[x[i]] for n tokens and constant rows×width numbers, as quant.Rows.
func QuantRows(n, rows, width int, y []int8, x []float32, w I8) {
	for i, v := range x[:n] {
		if !isToken(v, rows) {
			panic(badToken)
		}
		for j := range y[i*width:][:width] {
			y[i*width+j] = int8(w.At(int(v)*width + j))
		}
	}
}
