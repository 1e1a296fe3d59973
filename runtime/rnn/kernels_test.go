package rnn

import (
	"testing"

	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// chain continues s with the products of a column of weights, cols wide.
func chain(s float32, x, w []float32, cols, at int) float32 {
	for i, v := range x {
		s = f32.FMA(v, w[i*cols+at], s)
	}
	return s
}

// plainLSTM takes a step of LSTM as its doc has it, in the order of sums that the package doc promises.
func plainLSTM(first bool, h, c, x, w, v, b []float32) {
	u := len(h)
	state := append([]float32{}, h...)
	if first {
		state = nil
	}
	for k := range u {
		gate := func(g int) float32 {
			return chain(chain(0, x, w, 4*u, g*u+k), state, v, 4*u, g*u+k) + b[g*u+k]
		}
		cell := float32(scalar.Sigmoid(gate(0)) * scalar.Tanh(gate(2)))
		if !first {
			cell = float32(scalar.Sigmoid(gate(1))*c[k]) + cell
		}
		c[k] = cell
		h[k] = scalar.Tanh(cell) * scalar.Sigmoid(gate(3))
	}
}

// plainGRU is plainLSTM for GRU.
func plainGRU(first bool, h, x, w, v, b []float32) {
	u := len(h)
	state := append([]float32{}, h...)
	if first {
		state = nil
	}
	inner := b[3*u:]
	for k := range u {
		gate := func(g int) float32 {
			return scalar.Sigmoid(chain(chain(0, x, w, 3*u, g*u+k), state, v, 3*u, g*u+k) + b[g*u+k] + inner[g*u+k])
		}
		q := chain(0, state, v, 3*u, 2*u+k) + inner[2*u+k]
		a := scalar.Tanh(chain(0, x, w, 3*u, 2*u+k) + b[2*u+k] + float32(gate(1)*q))
		var last float32
		if !first {
			last = state[k]
		}
		h[k] = a + float32((last-a)*gate(0))
	}
}

// plainSimple is plainLSTM for Simple.
func plainSimple(first bool, h, x, w, v, b []float32) {
	u := len(h)
	state := append([]float32{}, h...)
	if first {
		state = nil
	}
	for k := range u {
		h[k] = scalar.Tanh(chain(chain(0, x, w, u, k), state, v, u, k) + b[k])
	}
}

// largeCells are units and inputs of cells whose next state has no room on the stack, the larger of which take several
// calls of a kernel for a step, and the last ones none, since one of them would work for too long.
var largeCells = [][2]int{{onStack + 1, 1}, {100, 2}, {400, beginFrom}, {70, 5500}}

// TestLargeCells tells whether sizes are as largeCells has them.
func TestLargeCells(t *testing.T) {
	for _, gates := range []int{3, 4} {
		var whole, several, none bool
		for _, s := range largeCells {
			u, f := s[0], s[1]
			c := newStepper(Shape{T: 1, F: f, U: u}, gates, 1, make([]float32, gates*f*u), make([]float32, gates*u*u), nil)
			if u <= onStack {
				t.Errorf("the state of %d units has room on the stack", u)
			}
			switch most := c.most; {
			case most == 0:
				none = true
			case most < u:
				several = true
			default:
				whole = true
			}
		}
		if !whole || !several || !none {
			t.Errorf("of %d gates, there are cells of one call: %t, of several: %t, of none: %t", gates, whole, several, none)
		}
	}
}

// TestKernels holds cells, one step of them and several, to plain loops: for units that fill registers and that do not,
// for inputs whose products are computed at once or with each step, and for large cells.
func TestKernels(t *testing.T) {
	sizes := kerneltest.Grid([]int{1, 3, 7, 8, 9, 13, 15, 16, 17, 24, 27, 31, 33}, []int{1, 2, beginFrom, beginFrom + 1},
		[]int{0, 1, 2})
	for _, s := range largeCells {
		sizes = append(sizes, kerneltest.Grid([]int{s[0]}, []int{s[1]}, []int{0, 1, 2})...)
	}
	args := func(gates, rows int) func(s []int) []kerneltest.Arg {
		return func(s []int) []kerneltest.Arg {
			u, f := s[0], s[1]
			return []kerneltest.Arg{
				{Dir: kerneltest.InOut, Len: u}, {Dir: kerneltest.InOut, Len: u}, {Dir: kerneltest.Out, Len: 3 * u},
				{Dir: kerneltest.In, Len: 3 * f}, {Dir: kerneltest.In, Len: gates * f * u},
				{Dir: kerneltest.In, Len: gates * u * u}, {Dir: kerneltest.In, Len: rows * gates * u},
			}
		}
	}
	// The last size tells whether one step is taken, or three at once, from the first step of a sequence on or not; of one
	// step the outputs are copied.
	three := func(y, h []float32, step func(k int)) {
		for k := range 3 {
			step(k)
			copy(y[k*len(h):], h)
		}
	}
	kerneltest.Run(t, []kerneltest.Kernel{
		{
			Name: "LSTM", Sizes: sizes, Args: args(4, 1), MayAlloc: true, Rotate: true,
			Got: func(s []int, b [][]float32) {
				h, c, y, x := b[0], b[1], b[2], b[3]
				l := NewLSTMCell(Shape{T: 1, F: s[1], U: s[0]}, b[4], b[5], b[6])
				if s[2] == 0 {
					three(y, h, func(k int) { l.Step(k == 0, h, c, x[k*s[1]:][:s[1]]) })
				} else {
					l.Steps(s[2] == 1, 3, y, h, c, x, nil)
				}
			},
			Want: func(s []int, b [][]float32) {
				h, c, y, x := b[0], b[1], b[2], b[3]
				three(y, h, func(k int) { plainLSTM(k == 0 && s[2] < 2, h, c, x[k*s[1]:][:s[1]], b[4], b[5], b[6]) })
			},
		},
		{
			Name: "GRU", Sizes: sizes, Args: args(3, 2), MayAlloc: true, Rotate: true,
			Got: func(s []int, b [][]float32) {
				h, y, x := b[0], b[2], b[3]
				c := NewGRUCell(Shape{T: 1, F: s[1], U: s[0]}, b[4], b[5], b[6])
				if s[2] == 0 {
					three(y, h, func(k int) { c.Step(k == 0, h, x[k*s[1]:][:s[1]]) })
				} else {
					c.Steps(s[2] == 1, 3, y, h, x, nil)
				}
			},
			Want: func(s []int, b [][]float32) {
				h, y, x := b[0], b[2], b[3]
				three(y, h, func(k int) { plainGRU(k == 0 && s[2] < 2, h, x[k*s[1]:][:s[1]], b[4], b[5], b[6]) })
			},
		},
		{
			Name: "Simple", Sizes: sizes, Args: args(1, 1), MayAlloc: true, Rotate: true,
			Got: func(s []int, b [][]float32) {
				h, y, x := b[0], b[2], b[3]
				c := NewSimpleCell(Shape{T: 1, F: s[1], U: s[0]}, b[4], b[5], b[6])
				if s[2] == 0 {
					three(y, h, func(k int) { c.Step(k == 0, h, x[k*s[1]:][:s[1]]) })
				} else {
					c.Steps(s[2] == 1, 3, y, h, x, nil)
				}
			},
			Want: func(s []int, b [][]float32) {
				h, y, x := b[0], b[2], b[3]
				three(y, h, func(k int) { plainSimple(k == 0 && s[2] < 2, h, x[k*s[1]:][:s[1]], b[4], b[5], b[6]) })
			},
		},
	})
}
