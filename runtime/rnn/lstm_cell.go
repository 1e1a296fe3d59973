package rnn

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// LSTMCell is a long short-term memory that runs step by step.
type LSTMCell struct{ stepper }

// NewLSTMCell prepares the weights of LSTM, of which it takes a copy; b may be nil. T is not looked at.
func NewLSTMCell(s Shape, w, v, b []float32) LSTMCell {
	return LSTMCell{newStepper(s, 4, 1, w, v, b)}
}

// Step moves on by one step x of F numbers: h and c, U numbers each, are the state before and become that after. At the
// first step of a sequence they are not read. The bits are those of the same step in LSTM.
func (l *LSTMCell) Step(first bool, h, c, x []float32) {
	if first || !l.single || !cpu.HasSIMD() || len(h) < l.u || len(c) < l.u || len(x) < l.f {
		l.otherStep(first, h, c, x)
		return
	}
	lstmStepSIMD(l.u, 0, l.size, l.f, l.u, &c[0], &h[0], &l.w[0], &x[0], &h[0], nil, &l.b[0])
}

// otherStep is Step for all that is more than the call of a kernel.
//
//go:noinline
func (l *LSTMCell) otherStep(first bool, h, c, x []float32) {
	u := l.u
	if len(h) < u || len(c) < u || len(x) < l.f {
		panic(badShape)
	}
	h, c = h[:u], c[:u]
	t := terms{x: x, state: h}
	switch {
	case first:
		t.state = nil
		l.next(h, c, &t)
	case u <= l.side(u):
		l.next(h, c, &t)
	case u <= onStack && l.fast():
		var next [onStack]float32
		l.kernel(next[:u], c, &t)
		copy(h, next[:])
	default:
		r := rooms.Get().(*room)
		next := scratch(r, u)
		l.next(next, c, &t)
		copy(h, next)
		rooms.Put(r)
	}
}

// next takes a step: h becomes the state, and may be that before of units that lie side by side; c becomes what it is in the
// next one.
func (l *LSTMCell) next(h, c []float32, t *terms) {
	if l.fast() {
		l.kernel(h, c, t)
	} else {
		lstmStepGeneric(l, h, c, t)
	}
}

func (l *LSTMCell) kernel(h, c []float32, t *terms) {
	beginCell(c, t)
	f, skip := l.input(t)
	v := l.inner(t)
	for j, n := 0, 0; j < l.u; j += n {
		if j > 0 {
			cpu.Preempt()
		}
		n = l.some(l.u - j)
		lstmStepSIMD(n, skip*wide*4, l.size, f, v, &c[j], &h[j], &l.w[j/wide*l.size], first(t.x),
			first(t.state), first(behind(t.sums, 4*j)), &l.b[4*j])
	}
}

// beginCell gives c before the first step, when it is i∘g: what is added to that.
func beginCell(c []float32, t *terms) {
	if t.state == nil {
		for i := range c {
			c[i] = negativeZero
		}
	}
}

func lstmStepGeneric(l *LSTMCell, h, c []float32, t *terms) {
	beginCell(c, t)
	r := rooms.Get().(*room)
	all := scratch(r, l.row())
	for j, side := 0, 0; j < l.u; j += side {
		side = l.side(l.u - j)
		s := all[4*j:][:4*side]
		l.behindInput(t, j, s)
		if t.state != nil {
			l.addState(t, j, len(s), 0, s, gemm.None().Continued())
		}
	}
	for j, n := 0, 0; j < l.u; j += n {
		n = l.side(l.u - j)
		s, b := all[4*j:], l.b[4*j:]
		for k := range min(n, l.u-j) {
			var f float32
			if t.state != nil {
				f = s[n+k] + b[n+k]
			}
			kept := float32(scalar.Sigmoid(f) * c[j+k])
			c[j+k] = kept + float32(scalar.Sigmoid(s[k]+b[k])*scalar.Tanh(s[2*n+k]+b[2*n+k]))
			h[j+k] = scalar.Tanh(c[j+k]) * scalar.Sigmoid(s[3*n+k]+b[3*n+k])
		}
	}
	rooms.Put(r)
}

// Run takes all steps of a sequence from the start: x is T×F, and h, T×U, becomes the outputs. The bits are those of
// LSTM on one sequence.
func (l *LSTMCell) Run(s Shape, h, x []float32) { l.RunFrom(s, h, nil, x, nil, nil) }

// RunFrom is Run from the state h0 and c0, nil for none; c, U numbers, becomes that after the last step, if it is not nil.
func (l *LSTMCell) RunFrom(s Shape, h, c, x, h0, c0 []float32) {
	checkRun(&s, l.f, l.u, h, x, h0, c0, c)
	r := rooms.Get().(*room)
	in, own := l.lead(r, s.T, x, l.u)
	if c == nil {
		c = own
	}
	c = c[:l.u]
	copy(c, c0)
	var t terms
	for k := range s.T {
		at, _ := s.at(k)
		state, _ := s.state(k, h, h0)
		t.state = state
		t.x, t.sums = in.of(at)
		l.next(h[at*l.u:][:l.u], c, &t)
	}
	rooms.Put(r)
}

// Steps takes n steps, x n×F, and writes the outputs after each to y, n×U, and the state after the last to h and c: with
// the bits of n calls of Step. A mask, which may be nil, has a number for each step; where it is not above ½ the state
// stays as it was. y overlaps nothing else.
func (l *LSTMCell) Steps(first bool, n int, y, h, c, x, mask []float32) {
	u := l.u
	checkSteps(n, l.f, u, y, x, mask, h, c)
	if n == 0 {
		return
	}
	h, c = h[:u], c[:u]
	r := rooms.Get().(*room)
	in, _ := l.lead(r, n, x, 0)
	state := h
	var t terms
	for k := range n {
		now := y[k*u:][:u]
		if taken(mask, k) {
			t.state = state
			t.x, t.sums = in.of(k)
			if first && k == 0 {
				t.state = nil
			}
			l.next(now, c, &t)
		} else {
			copy(now, state)
		}
		state = now
	}
	copy(h, state)
	rooms.Put(r)
}
