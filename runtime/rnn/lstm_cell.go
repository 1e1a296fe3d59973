package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// LSTMCell is a long short-term memory that runs step by step.
type LSTMCell struct {
	f, u        int
	first, next gemm.Chain // of a first step, which has no state, and of others
}

// NewLSTMCell prepares the weights of LSTM, of which it takes a copy; b may be nil. T is not looked at.
func NewLSTMCell(s Shape, w, v, b []float32) LSTMCell {
	checkCell(&s, 4, 1, w, v, b)
	n := 4 * s.U
	next := gemm.NewChain(n, s.F+s.U, stacked(s.F, s.U, n, 0, n, w, v), biasFrom(b, 0))
	return LSTMCell{f: s.F, u: s.U, first: next.Until(s.F), next: next}
}

// Step moves on by one step x of F numbers: h and c, U numbers each, are the state before and become that after. At the
// first step of a sequence they are not read. The bits are those of the same step in LSTM.
func (l *LSTMCell) Step(first bool, h, c, x []float32) {
	f, u := l.f, l.u
	if len(h) < u || len(c) < u || len(x) < f {
		panic(badShape)
	}
	h, c = h[:u], c[:u]
	r := rooms.Get().(*room)
	all := scratch(r, f+5*u)
	gates := all[f+u:]
	i, g, o := gates[:u], gates[2*u:3*u], gates[3*u:]
	if first {
		l.first.Apply(x, gates)
		vec.Sigmoid(i, i)
		vec.Tanh(g, g)
		vec.Mul(c, i, g)
	} else {
		copy(all, x[:f])
		copy(all[f:], h)
		l.next.Apply(all[:f+u], gates)
		vec.LSTMCell(c, i, gates[u:2*u], g, c)
	}
	vec.LSTMOut(h, o, c)
	rooms.Put(r)
}

// Run takes all steps of a sequence from the start: x is T×F, and h, T×U, becomes the outputs. The bits are those of
// LSTM on one sequence.
func (l *LSTMCell) Run(s Shape, h, x []float32) { l.RunFrom(s, h, nil, x, nil, nil) }

// RunFrom is Run from the state h0 and c0, nil for none; c, U numbers, becomes that after the last step, if it is not nil.
func (l *LSTMCell) RunFrom(s Shape, h, c, x, h0, c0 []float32) {
	checkRun(&s, l.f, l.u, h, x, h0, c0, c)
	r := rooms.Get().(*room)
	if c == nil {
		c = scratch(r, l.u)
	}
	copy(c, c0)
	for k := range s.T {
		t, _ := s.at(k)
		now := h[t*l.u:][:l.u]
		state, _ := s.state(k, h, h0)
		copy(now, state)
		l.Step(state == nil, now, c, x[t*l.f:])
	}
	rooms.Put(r)
}

// Steps takes n steps, x n×F, and writes the outputs after each to y, n×U, and the state after the last to h and c: with
// the bits of n calls of Step, but the products of all inputs are one. A mask, which may be nil, has a number for each
// step; where it is not above ½ the state stays as it was. y overlaps nothing else.
func (l *LSTMCell) Steps(first bool, n int, y, h, c, x, mask []float32) {
	f, u := l.f, l.u
	checkSteps(n, f, u, y, x, mask, h, c)
	h, c = h[:u], c[:u]
	if first && n > 0 {
		if taken(mask, 0) {
			l.Step(true, h, c, x)
		}
		copy(y, h)
		n, y, x, mask = n-1, y[u:], x[f:], behind(mask, 1)
	}
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	all := scratch(r, n*4*u)
	l.next.Begin(n, f, x, all)
	rest, state := l.next.From(f), h
	for k := range n {
		gates, now := all[k*4*u:][:4*u], y[k*u:][:u]
		if !taken(mask, k) {
			copy(now, state)
			continue
		}
		rest.Apply(state, gates)
		vec.LSTMCell(c, gates[:u], gates[u:2*u], gates[2*u:3*u], c)
		vec.LSTMOut(now, gates[3*u:], c)
		state = now
	}
	copy(h, y[(n-1)*u:])
	rooms.Put(r)
}
