package rnn

import (
	"fmt"
	"math/rand"
	"runtime"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
	"github.com/nngen/nngen/runtime/workers"
)

// layer holds the arrays of a recurrent layer of a number of gates.
type layer struct {
	n                                int
	s                                Shape
	h, gates, more, x, w, v, b, mask []float32
	dx, dw, dv, db, dy               []float32
	h0, c0, dh0, dc0, dlast          []float32 // nil for none
	deltas                           []float32 // nil where the gradients of weights are computed with the others
	weights                          func(n int, s Shape, from, to int, dw, dv, db, deltas, h, x, h0 []float32)
	forward, backward                func(n int, s Shape, l *layer)
	cell                             func(l *layer) func(first bool, h, c, x []float32)
	block                            func(l *layer) func(first bool, n int, y, h, c, x, mask []float32)
	run                              func(l *layer, h []float32)
}

func draw(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func newLayer(r *rand.Rand, kind string, n int, s Shape) *layer {
	k, kept, biases := 4, 5, 1
	l := &layer{n: n, s: s, weights: LSTMWeights}
	l.forward = func(n int, s Shape, l *layer) {
		LSTMFrom(n, s, l.h, l.gates, l.more, l.x, l.w, l.v, l.b, l.mask, l.h0, l.c0)
	}
	l.backward = func(n int, s Shape, l *layer) {
		LSTMGradFrom(n, s, l.dx, l.dw, l.dv, l.db, l.deltas, l.dh0, l.dc0, l.dy, l.dlast, l.h, l.gates, l.more, l.x, l.w, l.v, l.mask, l.h0, l.c0)
	}
	l.run = func(l *layer, h []float32) {
		c := NewLSTMCell(s, l.w, l.v, l.b)
		if l.h0 == nil {
			c.Run(s, h, l.x)
			return
		}
		c.RunFrom(s, h, l.dc0, l.x, l.h0, l.c0)
	}
	l.cell = func(l *layer) func(first bool, h, c, x []float32) {
		c := NewLSTMCell(s, l.w, l.v, l.b)
		return c.Step
	}
	l.block = func(l *layer) func(first bool, n int, y, h, c, x, mask []float32) {
		c := NewLSTMCell(s, l.w, l.v, l.b)
		return c.Steps
	}
	switch kind {
	case "simple":
		k, kept, l.weights = 1, 1, SimpleWeights
		l.forward = func(n int, s Shape, l *layer) { SimpleFrom(n, s, l.h, l.x, l.w, l.v, l.b, l.mask, l.h0) }
		l.backward = func(n int, s Shape, l *layer) {
			SimpleGradFrom(n, s, l.dx, l.dw, l.dv, l.db, l.deltas, l.dh0, l.dy, l.h, l.x, l.w, l.v, l.mask, l.h0)
		}
		l.run = func(l *layer, h []float32) {
			c := NewSimpleCell(s, l.w, l.v, l.b)
			c.RunFrom(s, h, l.x, l.h0)
		}
		l.cell = func(l *layer) func(first bool, h, c, x []float32) {
			c := NewSimpleCell(s, l.w, l.v, l.b)
			return func(first bool, h, _, x []float32) { c.Step(first, h, x) }
		}
		l.block = func(l *layer) func(first bool, n int, y, h, c, x, mask []float32) {
			c := NewSimpleCell(s, l.w, l.v, l.b)
			return func(first bool, n int, y, h, _, x, mask []float32) { c.Steps(first, n, y, h, x, mask) }
		}
	case "gru_before":
		k, kept, l.weights = 3, 3, GRUBeforeWeights
		l.forward = func(n int, s Shape, l *layer) {
			GRUBeforeFrom(n, s, l.h, l.gates, l.more, l.x, l.w, l.v, l.b, l.mask, l.h0)
		}
		l.backward = func(n int, s Shape, l *layer) {
			GRUBeforeGradFrom(n, s, l.dx, l.dw, l.dv, l.db, l.deltas, l.dh0, l.dy, l.h, l.gates, l.more, l.x, l.w, l.v, l.mask, l.h0)
		}
		l.run = func(l *layer, h []float32) {
			c := NewGRUBeforeCell(s, l.w, l.v, l.b)
			c.RunFrom(s, h, l.x, l.h0)
		}
		l.cell = func(l *layer) func(first bool, h, c, x []float32) {
			c := NewGRUBeforeCell(s, l.w, l.v, l.b)
			return func(first bool, h, _, x []float32) { c.Step(first, h, x) }
		}
		l.block = func(l *layer) func(first bool, n int, y, h, c, x, mask []float32) {
			c := NewGRUBeforeCell(s, l.w, l.v, l.b)
			return func(first bool, n int, y, h, _, x, mask []float32) { c.Steps(first, n, y, h, x, mask) }
		}
	case "gru":
		k, kept, biases, l.weights = 3, 3, 2, GRUWeights
		l.run = func(l *layer, h []float32) {
			c := NewGRUCell(s, l.w, l.v, l.b)
			c.RunFrom(s, h, l.x, l.h0)
		}
		l.cell = func(l *layer) func(first bool, h, c, x []float32) {
			c := NewGRUCell(s, l.w, l.v, l.b)
			return func(first bool, h, _, x []float32) { c.Step(first, h, x) }
		}
		l.block = func(l *layer) func(first bool, n int, y, h, c, x, mask []float32) {
			c := NewGRUCell(s, l.w, l.v, l.b)
			return func(first bool, n int, y, h, _, x, mask []float32) { c.Steps(first, n, y, h, x, mask) }
		}
		l.forward = func(n int, s Shape, l *layer) { GRUFrom(n, s, l.h, l.gates, l.more, l.x, l.w, l.v, l.b, l.mask, l.h0) }
		l.backward = func(n int, s Shape, l *layer) {
			GRUGradFrom(n, s, l.dx, l.dw, l.dv, l.db, l.deltas, l.dh0, l.dy, l.h, l.gates, l.more, l.x, l.w, l.v, l.mask, l.h0)
		}
	}
	steps := n * s.T
	l.h, l.gates, l.more, l.x = draw(r, steps*s.U), draw(r, steps*kept*s.U), draw(r, steps*s.U), draw(r, steps*s.F)
	l.w, l.v, l.b = draw(r, s.F*k*s.U), draw(r, s.U*k*s.U), draw(r, biases*k*s.U)
	l.dx, l.dw, l.dv, l.db, l.dy = draw(r, steps*s.F), draw(r, s.F*k*s.U), draw(r, s.U*k*s.U), draw(r, biases*k*s.U), draw(r, steps*s.U)
	return l
}

// TestNothingBeyondASliceIsTouched runs layers whose arrays end, or begin, where memory may not be touched.
func TestNothingBeyondASliceIsTouched(t *testing.T) {
	r := rand.New(rand.NewSource(9))
	for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
		for i := range 60 {
			s := Shape{T: 1 + r.Intn(4), F: 1 + r.Intn(20), U: 1 + r.Intn(20), Reverse: i%3 == 1}
			l := newLayer(r, kind, 1+r.Intn(3), s)
			fenced, fence := *l, kerneltest.Fence(kerneltest.Edge(i%2 == 1))
			f := &fenced
			for _, x := range []*[]float32{&f.h, &f.gates, &f.more, &f.x, &f.w, &f.v, &f.b, &f.dx, &f.dw, &f.dv, &f.db, &f.dy} {
				*x = fence(*x)
			}
			l.forward(l.n, s, l)
			l.backward(l.n, s, l)
			f.forward(f.n, s, f)
			f.backward(f.n, s, f)
			for what, pair := range map[string][2][]float32{"h": {f.h, l.h}, "dx": {f.dx, l.dx}, "dw": {f.dw, l.dw}, "dv": {f.dv, l.dv},
				"db": {f.db, l.db}} {
				if at := kerneltest.Diff(pair[0], pair[1]); at >= 0 {
					t.Fatalf("%s %+v: %s[%d] = %v, want %v", kind, s, what, at, pair[0][at], pair[1][at])
				}
			}
			if !s.Reverse && l.n == 1 {
				h := fence(make([]float32, s.T*s.U))
				f.run(f, h)
				if at := kerneltest.Diff(h, l.h); at >= 0 {
					t.Fatalf("%s %+v: a cell gives h[%d] = %v, want %v", kind, s, at, h[at], l.h[at])
				}
			}
		}
	}
}

// TestASequenceHasTheSameBitsAloneAsInABatch runs each sequence of a batch alone, with and without assembly.
func TestASequenceHasTheSameBitsAloneAsInABatch(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(1))
		for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
			for _, s := range []Shape{{T: 1, F: 1, U: 1}, {T: 5, F: 3, U: 4}, {T: 4, F: 20, U: 17}, {T: 3, F: 2, U: 40, Reverse: true}, {T: 7, F: 2, U: 5, Truncate: 3}} {
				l := newLayer(r, kind, 5, s)
				l.mask = draw(r, 5*s.T)
				l.forward(5, s, l)
				l.backward(5, s, l)
				for i := range l.n {
					one := newLayer(r, kind, 1, s)
					copy(one.x, l.x[i*s.T*s.F:])
					copy(one.dy, l.dy[i*s.T*s.U:])
					one.w, one.v, one.b, one.mask = l.w, l.v, l.b, l.mask[i*s.T:]
					one.forward(1, s, one)
					one.backward(1, s, one)
					if at := kerneltest.Diff(one.h, l.h[i*s.T*s.U:][:s.T*s.U]); at >= 0 {
						t.Fatalf("%s %+v, sequence %d: h[%d] differs", kind, s, i, at)
					}
					if at := kerneltest.Diff(one.dx, l.dx[i*s.T*s.F:][:s.T*s.F]); at >= 0 {
						t.Fatalf("%s %+v, sequence %d: dx[%d] differs", kind, s, i, at)
					}
				}
			}
		}
	})
}

// part returns the layer of some steps of l, whose outputs are drawn anew.
func (l *layer) part(r *rand.Rand, kind string, from, to int) *layer {
	s := l.s
	s.T = to - from
	p := newLayer(r, kind, l.n, s)
	p.w, p.v, p.b, p.mask = l.w, l.v, l.b, make([]float32, l.n*s.T)
	for i := range l.n {
		copy(p.x[i*s.T*s.F:][:s.T*s.F], l.x[(i*l.s.T+from)*s.F:])
		copy(p.dy[i*s.T*s.U:][:s.T*s.U], l.dy[(i*l.s.T+from)*s.U:])
		copy(p.mask[i*s.T:][:s.T], l.mask[i*l.s.T+from:])
	}
	return p
}

// steps returns steps of x, n×T×f.
func (l *layer) steps(x []float32, f, from, to int) []float32 {
	var y []float32
	for i := range l.n {
		y = append(y, x[(i*l.s.T+from)*f:(i*l.s.T+to)*f]...)
	}
	return y
}

// TestTwoPartsHaveTheBitsOfTheWhole hands the state from one part of the sequences to the next, and gradients back. In
// the first step of the next part, some sequences are masked.
func TestTwoPartsHaveTheBitsOfTheWhole(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(7))
		for _, s := range []Shape{{T: 2, F: 1, U: 1}, {T: 5, F: 3, U: 4}, {T: 6, F: 20, U: 17}, {T: 5, F: 2, U: 40, Reverse: true}} {
			for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
				l := newLayer(r, kind, 3, s)
				l.mask = draw(r, 3*s.T)
				l.forward(3, s, l)
				l.backward(3, s, l)

				first, second := [2]int{0, s.T / 2}, [2]int{s.T / 2, s.T}
				last := s.T/2 - 1 // of the steps of the first part
				if s.Reverse {
					first, second, last = second, first, 0
				}
				a, b := l.part(r, kind, first[0], first[1]), l.part(r, kind, second[0], second[1])
				a.forward(3, a.s, a)
				b.h0, b.dh0 = a.steps(a.h, s.U, last, last+1), draw(r, 3*s.U)
				if kind == "lstm" {
					b.c0, b.dc0 = LastCells(3, a.s, a.more), draw(r, 3*s.U)
				}
				b.forward(3, b.s, b)
				b.backward(3, b.s, b)
				for i, d := range b.dh0 {
					at := (i/s.U*a.s.T+last)*s.U + i%s.U
					a.dy[at] = d + a.dy[at]
				}
				a.dlast = b.dc0
				a.backward(3, a.s, a)
				for _, p := range []struct {
					*layer
					steps [2]int
				}{{a, first}, {b, second}} {
					if at := kerneltest.Diff(p.h, l.steps(l.h, s.U, p.steps[0], p.steps[1])); at >= 0 {
						t.Fatalf("%s %+v, steps %d: h[%d] differs", kind, s, p.steps, at)
					}
					if at := kerneltest.Diff(p.dx, l.steps(l.dx, s.F, p.steps[0], p.steps[1])); at >= 0 {
						t.Fatalf("%s %+v, steps %d: dx[%d] differs", kind, s, p.steps, at)
					}
				}

				one := l.part(r, kind, second[0], second[1])
				one.n, one.mask, one.h0, one.c0 = 1, nil, b.h0, b.c0
				one.forward(1, one.s, one)
				h := draw(r, one.s.T*s.U)
				one.dc0 = draw(r, s.U)
				one.run(one, h)
				if at := kerneltest.Diff(h, one.h[:len(h)]); at >= 0 {
					t.Fatalf("%s %+v, run: h[%d] differs", kind, s, at)
				}
				if kind == "lstm" {
					if at := kerneltest.Diff(one.dc0, LastCells(1, one.s, one.more)); at >= 0 {
						t.Fatalf("%s %+v, run: the last c[%d] differs", kind, s, at)
					}
				}
			}
		}
	})
}

// TestAPrefixHasTheBitsOfTheWhole runs the first steps alone.
func TestAPrefixHasTheBitsOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
		l := newLayer(r, kind, 1, Shape{T: 6, F: 3, U: 9})
		l.forward(1, l.s, l)
		short := newLayer(r, kind, 1, Shape{T: 4, F: 3, U: 9})
		copy(short.x, l.x)
		short.w, short.v, short.b = l.w, l.v, l.b
		short.forward(1, short.s, short)
		if at := kerneltest.Diff(short.h, l.h[:len(short.h)]); at >= 0 {
			t.Errorf("%s: h[%d] differs", kind, at)
		}
	}
}

// TestPredictionsKeepNoGates runs layers without the arrays that only gradients read, and counts what the scratch space
// holds in their place: one step, however long the sequence is.
func TestPredictionsKeepNoGates(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(12))
		for _, kind := range []string{"lstm", "gru", "gru_before"} {
			for _, s := range []Shape{{T: 5, F: 3, U: 4}, {T: 4, F: 20, U: 17, Reverse: true}} {
				for _, begun := range []bool{false, true} {
					l := newLayer(r, kind, 3, s)
					for i := range l.n * s.T {
						l.mask = append(l.mask, float32(i%4))
					}
					if begun {
						l.h0, l.c0 = draw(r, l.n*s.U), draw(r, l.n*s.U)
					}
					l.forward(l.n, s, l)
					few := *l
					few.h, few.gates, few.more = draw(r, len(l.h)), nil, nil
					if kind == "lstm" {
						few.more = draw(r, len(l.more))
					}
					few.forward(l.n, s, &few)
					if at := kerneltest.Diff(few.h, l.h); at >= 0 {
						t.Errorf("%s %+v, from a state %t: h[%d] differs", kind, s, begun, at)
					}
					if at := kerneltest.Diff(few.more, l.more[:len(few.more)]); at >= 0 {
						t.Errorf("%s %+v, from a state %t: cells[%d] differs", kind, s, begun, at)
					}
					if n := testing.AllocsPerRun(10, func() { few.forward(l.n, s, &few) }); n != 0 {
						t.Errorf("%s %+v allocates %v times", kind, s, n)
					}
				}
			}
			room := func(steps int) int {
				l := newLayer(r, kind, 3, Shape{T: steps, F: 3, U: 40})
				l.gates, l.more = nil, draw(r, len(l.more))
				if kind != "lstm" {
					l.more = nil
				}
				return largestRoom(func() { l.forward(l.n, l.s, l) })
			}
			if short, long := room(2), room(60); short == 0 || long != short {
				t.Errorf("%s: scratch space of %d elements for 2 steps, %d for 60", kind, short, long)
			}
		}
	})
}

// TestStepsHaveTheBitsOfTheWhole feeds a sequence step by step, from a state that holds rubbish.
func TestStepsHaveTheBitsOfTheWhole(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(5))
		for _, s := range []Shape{{T: 1, F: 1, U: 1}, {T: 5, F: 3, U: 4}, {T: 4, F: 20, U: 17}, {T: 3, F: 2, U: 40}, {T: 4, F: 2, U: 6, Reverse: true}} {
			for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
				for _, bias := range []bool{true, false} {
					l := newLayer(r, kind, 1, s)
					if !bias {
						l.b = nil
					}
					l.forward(1, s, l)
					all := draw(r, s.T*s.U)
					l.run(l, all)
					if at := kerneltest.Diff(all, l.h); at >= 0 {
						t.Fatalf("%s %+v, run: h[%d] differs", kind, s, at)
					}
					if s.Reverse {
						continue // steps come in order
					}
					step := l.cell(l)
					h, c := draw(r, s.U), draw(r, s.U)
					for k := range s.T {
						step(k == 0, h, c, l.x[k*s.F:][:s.F])
						if at := kerneltest.Diff(h, l.h[k*s.U:][:s.U]); at >= 0 {
							t.Fatalf("%s %+v, step %d: h[%d] differs", kind, s, k, at)
						}
					}
				}
			}
		}
	})
}

// TestBlocksHaveTheBitsOfSteps feeds a sequence in blocks, with and without a mask, from a state that holds rubbish.
func TestBlocksHaveTheBitsOfSteps(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(8))
		for _, s := range []Shape{{T: 1, F: 1, U: 1}, {T: 9, F: 3, U: 4}, {T: 14, F: 20, U: 17}, {T: 8, F: 2, U: 40}, {T: 20, F: 64, U: 64}} {
			for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
				for i := range 4 {
					l, kernel := newLayer(r, kind, 1, s), kerneltest.Fence(kerneltest.Edge(i == 3))
					if i == 1 {
						l.b = nil
					}
					if i >= 2 {
						l.mask = draw(r, s.T)
					}
					step, block := l.cell(l), l.block(l)
					h, c := draw(r, s.U), draw(r, s.U)
					gotH, gotC := slices.Clone(h), slices.Clone(c)
					want, got := make([]float32, s.T*s.U), kernel(make([]float32, s.T*s.U))
					for k := range s.T {
						if l.mask == nil || l.mask[k] > 0.5 {
							step(k == 0, h, c, l.x[k*s.F:][:s.F])
						}
						copy(want[k*s.U:], h)
					}
					for k := 0; k < s.T; {
						n := min(s.T-k, r.Intn(7))
						var mask []float32
						if l.mask != nil {
							mask = kernel(l.mask[k:][:n])
						}
						block(k == 0, n, got[k*s.U:], gotH, gotC, kernel(l.x[k*s.F:][:n*s.F]), mask)
						k += n
					}
					if at := kerneltest.Diff(got, want); at >= 0 {
						t.Fatalf("%s %+v, mask %t: y[%d] = %v, want %v", kind, s, l.mask != nil, at, got[at], want[at])
					}
					if kerneltest.Diff(gotH, h) >= 0 || kerneltest.Diff(gotC, c) >= 0 {
						t.Fatalf("%s %+v, mask %t: the state is %v %v, want %v %v", kind, s, l.mask != nil, gotH, gotC, h, c)
					}
				}
			}
		}
	})
}

// TestSumsOfSomeStepsAheadHaveTheBitsOfTheWhole runs sequences by the edges of the steps whose sums of the input are
// computed at once, from the start and from a state, and as one block, with and without a mask.
func TestSumsOfSomeStepsAheadHaveTheBitsOfTheWhole(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(12))
		for _, steps := range []int{leadSteps - 1, leadSteps, leadSteps + 1, 2*leadSteps + 3} {
			for i := range 4 {
				s := Shape{T: steps, F: beginFrom + i, U: 5 + 6*i, Reverse: i%2 == 1}
				for _, kind := range []string{"lstm", "gru"} {
					l := newLayer(r, kind, 1, s)
					if i >= 2 {
						l.h0 = draw(r, s.U)
						if kind == "lstm" {
							l.c0, l.dc0 = draw(r, s.U), draw(r, s.U)
						}
					}
					l.forward(1, s, l)
					h := draw(r, len(l.h))
					l.run(l, h)
					if at := kerneltest.Diff(h, l.h); at >= 0 {
						t.Fatalf("%s %+v, run: h[%d] = %v, want %v", kind, s, at, h[at], l.h[at])
					}
					if l.dc0 != nil {
						if at := kerneltest.Diff(l.dc0, LastCells(1, s, l.more)); at >= 0 {
							t.Fatalf("%s %+v, run: the last c[%d] differs", kind, s, at)
						}
					}
					wholeBlock(t, r, kind, l, nil)
					wholeBlock(t, r, kind, l, draw(r, s.T))
				}
			}
		}
	})
}

// wholeBlock compares all steps in their order as one block with single ones, from a state that holds rubbish.
func wholeBlock(t *testing.T, r *rand.Rand, kind string, l *layer, mask []float32) {
	t.Helper()
	s, step := l.s, l.cell(l)
	h, c := draw(r, s.U), draw(r, s.U)
	gotH, gotC := slices.Clone(h), slices.Clone(c)
	want, got := draw(r, s.T*s.U), draw(r, s.T*s.U)
	for k := range s.T {
		if taken(mask, k) {
			step(k == 0, h, c, l.x[k*s.F:][:s.F])
		}
		copy(want[k*s.U:], h)
	}
	l.block(l)(true, s.T, got, gotH, gotC, l.x, mask)
	if at := kerneltest.Diff(got, want); at >= 0 {
		t.Fatalf("%s %+v, mask %t: y[%d] = %v, want %v", kind, s, mask != nil, at, got[at], want[at])
	}
	if kerneltest.Diff(gotH, h) >= 0 || kerneltest.Diff(gotC, c) >= 0 {
		t.Fatalf("%s %+v, mask %t: the state is %v %v, want %v %v", kind, s, mask != nil, gotH, gotC, h, c)
	}
}

// largestRoom returns the most elements that a room has of those that f takes, whatever the pool held before. It runs on one
// processor, since a pool keeps rooms for each that others do not get.
func largestRoom(f func()) int {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var made []*room
	old := rooms.New
	defer func() { rooms.New = old }()
	rooms.New = func() any {
		made = append(made, new(room))
		return made[len(made)-1]
	}
	for len(made) == 0 {
		rooms.Get() // and drop it
	}
	f()
	most := 0
	for _, r := range made {
		most = max(most, cap(r.x))
	}
	return most
}

// TestTheRoomOfACellDoesNotGrowWithTheSequence compares the scratch space of long sequences with that of short ones.
func TestTheRoomOfACellDoesNotGrowWithTheSequence(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(13))
		for _, kind := range []string{"lstm", "gru"} {
			for _, reverse := range []bool{false, true} {
				var run, block [2]int
				for i, steps := range []int{leadSteps, 4*leadSteps + 1} {
					l := newLayer(r, kind, 1, Shape{T: steps, F: 16, U: 40, Reverse: reverse})
					h, c, y := draw(r, 40), draw(r, 40), draw(r, steps*40)
					run[i] = largestRoom(func() { l.run(l, y) })
					block[i] = largestRoom(func() { l.block(l)(true, steps, y, h, c, l.x, nil) })
				}
				if run[0] == 0 || run[1] != run[0] {
					t.Errorf("%s, reverse %t: a run takes %d elements for %d steps, %d for more", kind, reverse, run[0],
						leadSteps, run[1])
				}
				if block[0] == 0 || block[1] != block[0] {
					t.Errorf("%s: a block takes %d elements for %d steps, %d for more", kind, block[0], leadSteps, block[1])
				}
			}
		}
	})
}

// TestAStepAllocatesNothingAndShortSlicesPanic counts the allocations of steps, and shortens their input.
func TestAStepAllocatesNothingAndShortSlicesPanic(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
		l := newLayer(r, kind, 1, Shape{T: 4, F: 5, U: 6})
		h, c := draw(r, 6), draw(r, 6)
		step := l.cell(l)
		if n := testing.AllocsPerRun(10, func() { step(false, h, c, l.x) }); n != 0 {
			t.Errorf("%s allocates %v times", kind, n)
		}
		block, y := l.block(l), draw(r, 4*6)
		if n := testing.AllocsPerRun(10, func() { block(true, 4, y, h, c, l.x, nil) }); n != 0 {
			t.Errorf("%s: a block allocates %v times", kind, n)
		}
		for _, short := range []func(){
			func() { block(true, 4, y[1:], h, c, l.x, nil) },
			func() { block(true, 4, y, h[1:], c, l.x, nil) },
			func() { block(true, 4, y, h, c, l.x[1:], nil) },
			func() { block(true, 4, y, h, c, l.x, y[:3]) },
			func() { block(true, -1, y, h, c, l.x, nil) },
			func() { step(false, h[1:], c, l.x) },
			func() { step(false, h, c, l.x[:4]) },
			func() { l.w = l.w[1:]; l.cell(l) },
		} {
			func() {
				defer func() {
					if recover() != badShape {
						t.Errorf("%s: a short slice does not panic as it should", kind)
					}
				}()
				short()
			}()
		}
	}
}

func TestNothingAllocatesAndShortSlicesPanic(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
		l := newLayer(r, kind, 3, Shape{T: 4, F: 5, U: 6})
		if n := testing.AllocsPerRun(10, func() { l.forward(l.n, l.s, l); l.backward(l.n, l.s, l) }); n != 0 {
			t.Errorf("%s allocates %v times", kind, n)
		}
		apart := *l
		apart.dw, apart.dv, apart.db, apart.deltas = nil, nil, nil, draw(r, 3*4*4*6)
		if n := testing.AllocsPerRun(10, func() {
			apart.backward(l.n, l.s, &apart)
			l.weights(l.n, l.s, 0, 11, l.dw, l.dv, l.db, apart.deltas, l.h, l.x, nil)
		}); n != 0 {
			t.Errorf("%s, with the gradients of weights apart, allocates %v times", kind, n)
		}
		func() {
			defer func() {
				if recover() != badShape {
					t.Errorf("%s: a short x does not panic as it should", kind)
				}
			}()
			l.x = l.x[1:]
			l.forward(l.n, l.s, l)
		}()
	}
}

func BenchmarkStep(b *testing.B) {
	r := rand.New(rand.NewSource(4))
	for _, c := range []struct {
		kind string
		f, u int
	}{
		{"lstm", 1, 8}, {"lstm", 1, 16}, {"lstm", 1, 32}, {"lstm", 16, 64}, {"gru", 1, 8}, {"gru", 1, 24}, {"gru", 64, 64},
		{"simple", 1, 16},
	} {
		for _, n := range []int{1, 32} {
			l := newLayer(r, c.kind, n, Shape{T: 64, F: c.f, U: c.u})
			h, state := draw(r, c.u), draw(r, c.u)
			step := l.cell(l)
			stream := func() {
				for k := range 64 {
					step(false, h, state, l.x[k*c.f:])
				}
			}
			if n == 1 {
				b.Run(fmt.Sprintf("stream/%s,f=%d,u=%d", c.kind, c.f, c.u), func(b *testing.B) {
					for b.Loop() {
						stream()
					}
					b.ReportMetric(hw.Median(0, stream)*1e9/64, "median-ns/step")
				})
				steps, y := l.block(l), draw(r, 64*c.u)
				block := func() { steps(false, 64, y, h, state, l.x, nil) }
				b.Run(fmt.Sprintf("block/%s,f=%d,u=%d", c.kind, c.f, c.u), func(b *testing.B) {
					for b.Loop() {
						block()
					}
					b.ReportMetric(hw.Median(0, block)*1e9/64, "median-ns/step")
				})
			}
			for name, f := range map[string]func(){"forward": func() { l.forward(n, l.s, l) }, "backward": func() { l.backward(n, l.s, l) }} {
				b.Run(fmt.Sprintf("%s/%s,f=%d,u=%d,n=%d", name, c.kind, c.f, c.u, n), func(b *testing.B) {
					for b.Loop() {
						f()
					}
					b.ReportMetric(hw.Median(0, f)*1e9/float64(64*n), "median-ns/step")
				})
			}
		}
	}
}

// share returns the layer of sequences [lo, hi), whose arrays are parts of those of l.
func (l *layer) share(lo, hi int) *layer {
	part := *l
	part.n = hi - lo
	for _, x := range []*[]float32{&part.h, &part.gates, &part.more, &part.x, &part.mask, &part.dx, &part.dy, &part.h0,
		&part.c0, &part.dh0, &part.dc0, &part.dlast, &part.deltas} {
		if *x != nil {
			per := len(*x) / l.n
			*x = (*x)[lo*per : hi*per : hi*per]
		}
	}
	return &part
}

// TestGradientsOfWeightsMayBeComputedApart computes them from the deltas of some shares, some rows at a time.
func TestGradientsOfWeightsMayBeComputedApart(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(4))
		for _, kind := range []string{"lstm", "gru", "gru_before", "simple"} {
			for i, c := range []struct {
				n      int
				s      Shape
				shares []int
			}{
				{5, Shape{T: 1, F: 1, U: 1}, []int{0, 1, 2}},
				{5, Shape{T: 5, F: 3, U: 4}, []int{1, 3, 7}},
				{5, Shape{T: 4, F: 20, U: 17}, []int{1, 4}},
				{5, Shape{T: 3, F: 2, U: 40, Reverse: true}, []int{1, 3}},
				{5, Shape{T: 7, F: 2, U: 5, Truncate: 3}, []int{1, 2}},
				{12, Shape{T: 3, F: 2, U: 4, Each: 3}, []int{1, 2, 3, 5}},
				{2*replayRows + 2, Shape{T: 3, F: 4, U: 5, Each: 2}, []int{1, 2, 4}},
				{2*replayRows + 3, Shape{T: 3, F: 90, U: 5}, []int{1, 2, 4, 9}},
				{3 * inPlaceRows, Shape{T: 3, F: 2, U: 8}, []int{1, 2, 4}},
			} {
				n, s := c.n, c.s
				l := newLayer(r, kind, n, s)
				if i%2 == 1 {
					l.mask = draw(r, n*s.T)
					l.h0, l.dh0 = draw(r, n*s.U), draw(r, n*s.U)
					if kind == "lstm" {
						l.c0, l.dc0 = draw(r, n*s.U), draw(r, n*s.U)
					}
				}
				if i == 3 {
					l.db = nil
				}
				l.forward(n, s, l)
				l.backward(n, s, l)
				for _, shares := range c.shares {
					apart := *l
					apart.dw, apart.dv, apart.db, apart.dx = nil, nil, nil, draw(r, len(l.dx))
					apart.gates, apart.more = draw(r, len(l.gates)), draw(r, len(l.more))
					apart.deltas = draw(r, n*s.T*max(1, min(4, 4*(len(l.v)/s.U/s.U-1)))*s.U)
					for i := range max(1, shares) {
						each := max(1, s.Each)
						lo, hi := workers.Share{Worker: i, Of: max(1, shares)}.Range(n/each, 1)
						lo, hi = lo*each, hi*each
						part := apart.share(lo, hi)
						part.forward(hi-lo, s, part)
						part.backward(hi-lo, s, part)
					}
					if at := kerneltest.Diff(apart.dx, l.dx); at >= 0 {
						t.Fatalf("%s %+v: dx[%d] differs", kind, s, at)
					}
					dw, dv, db := draw(r, len(l.dw)), draw(r, len(l.dv)), draw(r, len(l.db))
					if l.db == nil {
						db = nil
					}
					shared := s
					shared.Shares = shares
					for from := 0; from < s.F+s.U; {
						to := min(s.F+s.U, from+1+r.Intn(9))
						l.weights(n, shared, from, to, dw, dv, db, apart.deltas, l.h, l.x, l.h0)
						from = to
					}
					for _, c := range []struct {
						name      string
						got, want []float32
					}{{"dw", dw, l.dw}, {"dv", dv, l.dv}, {"db", db, l.db}} {
						if at := kerneltest.Diff(c.got, c.want); at >= 0 {
							t.Fatalf("%s %+v: %s[%d] differs", kind, shared, c.name, at)
						}
					}
				}
			}
		}
	})
}

// TestGradientsOfWeightsAreOneChain holds them against sums over the steps from the last to the first, and over the
// sequences of each, for as many rows as take several products.
func TestGradientsOfWeightsAreOneChain(t *testing.T) {
	r := rand.New(rand.NewSource(10))
	for _, c := range []struct {
		n int
		s Shape
	}{
		{1, Shape{T: 300, F: 1, U: 3}}, {90, Shape{T: 7, F: 40, U: 9, Reverse: true}},
		{tapeRows + 1, Shape{T: 8, F: 2, U: 33}}, {inPlaceRows, Shape{T: 12, F: 1, U: 8}},
	} {
		for kind, gates := range map[string][2][]int{ // of which delta each gate of w and of v has its gradients
			"lstm": {{0, 1, 2, 3}, {0, 1, 2, 3}}, "gru": {{0, 1, 2}, {0, 1, 3}}, "simple": {{0}, {0}},
		} {
			n, s := c.n, c.s
			l := newLayer(r, kind, n, s)
			l.deltas = draw(r, n*s.T*4*s.U)
			dw, dv := l.dw, l.dv
			l.dw, l.dv, l.db = nil, nil, nil
			l.forward(n, s, l)
			l.backward(n, s, l)
			l.weights(n, s, 0, s.F+s.U, dw, dv, nil, l.deltas, l.h, l.x, nil)
			width := max(1, min(4, 4*(len(l.v)/s.U/s.U-1)))
			for _, m := range []struct {
				name  string
				got   []float32
				in    int
				input func(i, k int) []float32 // of a sequence in the k-th step; nil for none
				from  []int
			}{
				{"dw", dw, s.F, func(i, k int) []float32 { at, _ := s.at(k); return l.x[(i*s.T+at)*s.F:] }, gates[0]},
				{"dv", dv, s.U, func(i, k int) []float32 {
					if k == 0 {
						return nil
					}
					_, before := s.at(k)
					return l.h[(i*s.T+before)*s.U:]
				}, gates[1]},
			} {
				for row := range m.in {
					for g, from := range m.from {
						for j := range s.U {
							var sum float32
							for k := s.T - 1; k >= 0; k-- {
								at, _ := s.at(k)
								for i := range n {
									if x := m.input(i, k); x != nil {
										sum = f32.FMA(x[row], l.deltas[((at*n+i)*width+from)*s.U+j], sum)
									}
								}
							}
							if got := m.got[(row*len(m.from)+g)*s.U+j]; got != sum {
								t.Fatalf("%s n=%d %+v: %s of row %d, gate %d, unit %d: %v, want %v", kind, n, s, m.name, row, g, j, got, sum)
							}
						}
					}
				}
			}
		}
	}
}

// TestWeightsAreReadWithoutPackingToo compares what layers make of weights that are packed and of those that are too
// large.
func TestWeightsAreReadWithoutPackingToo(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(11))
		for _, kind := range []string{"lstm", "gru"} {
			for _, s := range []Shape{{T: 3, F: 1, U: 1}, {T: 4, F: 20, U: 17}} {
				l := newLayer(r, kind, 7, s)
				other := *l
				outs := []*[]float32{&other.h, &other.gates, &other.more, &other.dx, &other.dw, &other.dv, &other.db}
				for _, x := range outs {
					*x = make([]float32, len(*x))
				}
				l.forward(7, s, l)
				l.backward(7, s, l)
				most := packMost
				packMost = 0
				other.forward(7, s, &other)
				other.backward(7, s, &other)
				packMost = most
				for i, x := range [][]float32{l.h, l.gates, l.more, l.dx, l.dw, l.dv, l.db} {
					if at := kerneltest.Diff(*outs[i], x); at >= 0 {
						t.Fatalf("%s %+v: array %d differs at %d: %v, want %v", kind, s, i, at, (*outs[i])[at], x[at])
					}
				}
			}
		}
	})
}
