package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// SimpleCell is a plain recurrent layer that runs step by step.
type SimpleCell struct {
	f, u        int
	first, next gemm.Chain // of a first step, which has no state, and of others
}

// NewSimpleCell prepares the weights of Simple, of which it takes a copy; b may be nil. T is not looked at.
func NewSimpleCell(s Shape, w, v, b []float32) SimpleCell {
	checkCell(&s, 1, 1, w, v, b)
	next := gemm.NewChain(s.U, s.F+s.U, stacked(s.F, s.U, s.U, 0, s.U, w, v), biasFrom(b, 0))
	return SimpleCell{f: s.F, u: s.U, first: next.Until(s.F), next: next}
}

// Step moves on by one step x of F numbers: h, U numbers, is the state before and becomes that after. At the first step
// of a sequence it is not read. The bits are those of the same step in Simple.
func (c *SimpleCell) Step(first bool, h, x []float32) {
	f, u := c.f, c.u
	if len(h) < u || len(x) < f {
		panic(badShape)
	}
	h = h[:u]
	if first {
		c.first.Apply(x, h)
	} else {
		r := rooms.Get().(*room)
		all := scratch(r, f+u)
		copy(all, x[:f])
		copy(all[f:], h)
		c.next.Apply(all, h)
		rooms.Put(r)
	}
	vec.Tanh(h, h)
}

// Run takes all steps of a sequence from the start: x is T×F, and h, T×U, becomes the outputs. The bits are those of
// Simple on one sequence.
func (c *SimpleCell) Run(s Shape, h, x []float32) { c.RunFrom(s, h, x, nil) }

// RunFrom is Run from the state h0; nil for none.
func (c *SimpleCell) RunFrom(s Shape, h, x, h0 []float32) {
	checkRun(&s, c.f, c.u, h, x, h0)
	for k := range s.T {
		t, _ := s.at(k)
		now := h[t*c.u:][:c.u]
		state, _ := s.state(k, h, h0)
		copy(now, state)
		c.Step(state == nil, now, x[t*c.f:])
	}
}

// Steps takes n steps, x n×F, and writes the outputs after each to y, n×U, and the state after the last to h: with the
// bits of n calls of Step, but the products of all inputs are one. A mask, which may be nil, has a number for each step;
// where it is not above ½ the state stays as it was. y overlaps nothing else.
func (c *SimpleCell) Steps(first bool, n int, y, h, x, mask []float32) {
	f, u := c.f, c.u
	checkSteps(n, f, u, y, x, mask, h)
	h = h[:u]
	if first && n > 0 {
		if taken(mask, 0) {
			c.Step(true, h, x)
		}
		copy(y, h)
		n, y, x, mask = n-1, y[u:], x[f:], behind(mask, 1)
	}
	if n == 0 {
		return
	}
	c.next.Begin(n, f, x, y)
	rest, state := c.next.From(f), h
	for k := range n {
		now := y[k*u:][:u]
		if !taken(mask, k) {
			copy(now, state)
			continue
		}
		rest.Apply(state, now)
		vec.Tanh(now, now)
		state = now
	}
	copy(h, y[(n-1)*u:])
}
