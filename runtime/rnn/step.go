package rnn

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
)

// Weights of an LSTM, a GRU or a small plain layer that runs step by step lie as its kernel reads them, all of them once for
// each step: 16 units after another, the last 24 or fewer side by side. For such units there is a row for each element of
// the input, then of the state, with the weights of one gate for all of the units, then those of the next; columns without
// a unit are 0. Rows of biases are as wide. So the sums of all gates of some units are in registers at once, as their
// chains demand, and what follows from them begins while the sums of others are computed.

// wide is the number of units that lie side by side; the last ones are few, wide or widest, whatever is enough.
const (
	few    = 8
	wide   = 2 * few
	widest = 3 * few
)

// A stepper holds the weights of a cell.
type stepper struct {
	f, u, gates int
	size        int  // elements of the rows of weights for wide units
	most        int  // units that a kernel gets at a time; 0 if wide of them are too many, as they are of cells with thousands
	single      bool // whether all units lie side by side, so that one call of a kernel takes a step in place
	w, b        []float32
}

// widens tells whether the last units may be widest side by side, one chain of sums instead of two after another: not where
// a call of a kernel for so many would take too long.
func (c *stepper) widens() bool { return widest*(c.size/wide) <= rowWork }

// side returns how many units lie side by side where left ones are left.
func (c *stepper) side(left int) int {
	switch {
	case left <= few:
		return few
	case left > wide && left <= widest && c.widens():
		return widest
	}
	return wide
}

// padded is u, with columns that have no unit.
func padded(u int) int { return (u + few - 1) / few * few }

// CellLen returns how many numbers a cell holds: an LSTMCell has 4 gates and a row of biases, a GRUCell 3 and two, a small
// SimpleCell one of each.
func CellLen(f, u, gates, biases int) int { return (f + u + biases) * gates * padded(u) }

// SideBySide tells whether all units of a cell lie side by side, in rows of one part for each gate, which is 8, 16 or
// 24 wide.
func SideBySide(f, u, gates int) bool {
	c := sized(f, u, gates)
	return c.single
}

// Weights returns where the weights of a cell begin whose units lie side by side, and Biases its biases, for kernels
// that are made for one network.
func (c *stepper) Weights() *float32 { return &c.w[0] }

// Biases is documented with Weights.
func (c *stepper) Biases() *float32 { return &c.b[0] }

// newStepper takes weights as LSTM and GRU have them, and rows of biases; b may be nil.
func newStepper(s Shape, gates, rows int, w, v, b []float32) stepper {
	checkCell(&s, gates, rows, w, v, b)
	c := sized(s.F, s.U, gates)
	c.w = c.arranged(append(split(s.F, gates*s.U, w), split(s.U, gates*s.U, v)...), 0)
	c.b = c.arranged(split(rows, gates*s.U, b), negativeZero)
	return c
}

// sized returns a stepper without weights.
func sized(f, u, gates int) stepper {
	c := stepper{f: f, u: u, gates: gates, size: wide * gates * (f + u)}
	c.most = rowWork / c.size * wide
	c.single = c.most > 0 && c.u <= c.side(c.u)
	return c
}

// split returns n rows of a matrix; nil for each if there is none.
func split(n, cols int, m []float32) [][]float32 {
	rows := make([][]float32, n)
	for i := range rows {
		if m != nil {
			rows[i] = m[i*cols:][:cols]
		}
	}
	return rows
}

// arranged returns rows as the kernels read them; a row that is nil has an element everywhere.
func (c *stepper) arranged(rows [][]float32, none float32) []float32 {
	u, gates := c.u, c.gates
	all := make([]float32, 0, len(rows)*gates*padded(u))
	for j, side := 0, 0; j < u; j += side {
		side = c.side(u - j)
		for _, row := range rows {
			for g := range gates {
				for k := j; k < j+side; k++ {
					switch {
					case row == nil:
						all = append(all, none)
					case k < u:
						all = append(all, row[g*u+k])
					default:
						all = append(all, 0)
					}
				}
			}
		}
	}
	return all
}

// row is the elements of a row of sums.
func (c *stepper) row() int { return c.gates * padded(c.u) }

// rowWork is the most multiply-adds of a call: see package gemm.
const rowWork = 1 << 18

// some returns how many of the units that are left a kernel gets next: those that lie side by side are not torn apart.
func (c *stepper) some(left int) int {
	n := min(c.most, left)
	if left > n && left-n <= few && c.widens() {
		n -= wide
	}
	if n == 0 {
		return left
	}
	return n
}

// fast tells whether kernels take the steps.
func (c *stepper) fast() bool { return cpu.HasSIMD() && c.most > 0 }

// A terms holds what the sums of a step are of.
type terms struct {
	x, state []float32 // state is nil where there is none
	sums     []float32 // of x, as begin computed them; nil if they are still to be computed
}

// input returns how many elements of x are to be added, and how many rows of weights come before the next ones.
func (c *stepper) input(t *terms) (f, skip int) {
	if t.sums != nil {
		return 0, c.f
	}
	return c.f, 0
}

// inner returns how many elements of the state are to be added.
func (c *stepper) inner(t *terms) int {
	if t.state == nil {
		return 0
	}
	return c.u
}

// behindInput puts the sums of x, for the units from j on, to s, whose length is that of a row of them.
func (c *stepper) behindInput(t *terms, j int, s []float32) {
	if t.sums != nil {
		copy(s, t.sums[j*c.gates:])
		return
	}
	gemm.Strided(1, len(s), c.f, t.x, c.f, 1, c.w[j/wide*c.size:], len(s), nr, s, len(s), gemm.None())
}

// addState continues sums of the units from j on with the state, whose rows of weights have cols columns; from is the first
// column that counts.
func (c *stepper) addState(t *terms, j, cols, from int, s []float32, e gemm.Epilogue) {
	at := j/wide*c.size + c.f*cols + from
	gemm.Strided(1, len(s), c.u, t.state, c.u, 1, c.w[at:], cols, nr, s, len(s), e)
}

// first returns where x starts, nil if it is.
func first(x []float32) *float32 {
	if x == nil {
		return nil
	}
	return &x[0]
}

// onStack is the most units whose next state has room on the stack until the one before is not needed any more: a kernel
// writes units while others are still to be computed, if these are more than lie side by side.
const onStack = 64

// nextLen returns the elements of the next state of one step; 0 where it needs no room.
func (c *stepper) nextLen() int {
	if c.u <= c.side(c.u) || c.u <= onStack && c.most > 0 {
		return 0
	}
	return c.u
}

// beginFrom is the least number of elements of the input from which on their products are computed for some steps at
// once: of fewer it is less work to begin anew than to read and write the sums.
const beginFrom = 8

// leadSteps is the most steps whose products of the input are computed at once: enough for these to be fast, whatever
// the length of a sequence, since their sums take room. That is less than the weights of a cell take whose input and
// units are as many.
const leadSteps = 32

// A lead hands out the steps of a sequence, with the sums of the input where these are computed for some steps at once.
type lead struct {
	c    *stepper
	n    int       // steps
	x    []float32 // n×F
	sums []float32 // of steps from…to; empty where each step begins anew

	from, to int
}

// leadLen returns the elements of the sums that a lead of n steps has.
func (c *stepper) leadLen(n int) int {
	if c.f < beginFrom {
		return 0
	}
	return min(n, leadSteps) * c.row()
}

// lead returns that of n steps, with sums in a room, and more elements behind these.
func (c *stepper) lead(r *room, n int, x []float32, more int) (in lead, rest []float32) {
	size := c.leadLen(n)
	all := scratch(r, size+more)
	return lead{c: c, n: n, x: x, sums: all[:size]}, all[size:]
}

// of returns the k-th row of x, and its sums, nil if there are none. Rows come in order, or from the last to the first.
//
// Their fields are set one by one: as one value they are copied in pieces of other sizes than they were written in, for which
// a core waits until all before is done.
func (in *lead) of(k int) (x, sums []float32) {
	if len(in.sums) > 0 {
		if k < in.from || k >= in.to {
			in.from = k / leadSteps * leadSteps
			in.to = min(in.from+leadSteps, in.n)
			in.begin()
		}
		sums = in.sums[(k-in.from)*in.c.row():]
	}
	return in.x[k*in.c.f:], sums
}

// begin computes the sums of steps from…to.
func (in *lead) begin() {
	c := in.c
	for j, side := 0, 0; j < c.u; j += side {
		side = c.side(c.u - j)
		cols := c.gates * side
		gemm.Strided(in.to-in.from, cols, c.f, in.x[in.from*c.f:], c.f, 1, c.w[j/wide*c.size:], cols, nr,
			in.sums[j*c.gates:], c.row(), gemm.None())
	}
}
