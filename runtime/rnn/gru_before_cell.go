package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// GRUBeforeCell is a gated recurrent unit, reset before the product, that runs step by step.
type GRUBeforeCell struct {
	f, u          int
	next, g       gemm.Chain // z and r; the candidate
	first, firstG gemm.Chain // those of a first step, which has no state
}

// NewGRUBeforeCell prepares the weights of GRUBefore, of which it takes a copy; b may be nil. T is not looked at.
func NewGRUBeforeCell(s Shape, w, v, b []float32) GRUBeforeCell {
	checkCell(&s, 3, 1, w, v, b)
	n, u := 3*s.U, s.U
	c := GRUBeforeCell{
		f: s.F, u: u,
		next: gemm.NewChain(2*u, s.F+u, stacked(s.F, u, n, 0, 2*u, w, v), biasFrom(b, 0)),
		g:    gemm.NewChain(u, s.F+u, stacked(s.F, u, n, 2*u, u, w, v), biasFrom(b, 2*u)),
	}
	c.first, c.firstG = c.next.Until(s.F), c.g.Until(s.F)
	return c
}

// stepLen returns the elements that Step works in, stepsLen those of n Steps.
func (c *GRUBeforeCell) stepLen() int       { return c.f + 4*c.u }
func (c *GRUBeforeCell) stepsLen(n int) int { return (3*n + 1) * c.u }

// Step moves on by one step x of F numbers: h, U numbers, is the state before and becomes that after. At the first step
// of a sequence it is not read. The bits are those of the same step in GRUBefore.
func (c *GRUBeforeCell) Step(first bool, h, x []float32) {
	f, u := c.f, c.u
	if len(h) < u || len(x) < f {
		panic(badShape)
	}
	h = h[:u]
	r := rooms.Get().(*room)
	all := scratch(r, c.stepLen())
	gates := all[f+u:]
	z, reset, g := gates[:u], gates[u:2*u], gates[2*u:]
	if first {
		clear(h)
		c.first.Apply(x, gates)
		c.firstG.Apply(x, g)
		vec.Sigmoid(z, z)
	} else {
		copy(all, x[:f])
		copy(all[f:], h)
		c.next.Apply(all[:f+u], gates)
		vec.Sigmoid(gates[:2*u], gates[:2*u])
		vec.Mul(all[f:f+u], reset, h)
		c.g.Apply(all[:f+u], g)
	}
	vec.Tanh(g, g)
	vec.Sub(h, h, g)
	vec.Mul(h, h, z)
	vec.Add(h, g, h)
	rooms.Put(r)
}

// Run takes all steps of a sequence from the start: x is T×F, and h, T×U, becomes the outputs. The bits are those of
// GRUBefore on one sequence.
func (c *GRUBeforeCell) Run(s Shape, h, x []float32) { c.RunFrom(s, h, x, nil) }

// RunFrom is Run from the state h0; nil for none.
func (c *GRUBeforeCell) RunFrom(s Shape, h, x, h0 []float32) {
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
// bits of n calls of Step, but the products of all inputs are one for each part. A mask, which may be nil, has a number
// for each step; where it is not above ½ the state stays as it was. y overlaps nothing else.
func (c *GRUBeforeCell) Steps(first bool, n int, y, h, x, mask []float32) {
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
	r := rooms.Get().(*room)
	all := scratch(r, c.stepsLen(n))
	both, candidates, q := all[:2*n*u], all[2*n*u:3*n*u], all[3*n*u:]
	c.next.Begin(n, f, x, both)
	c.g.Begin(n, f, x, candidates)
	rest, restG, state := c.next.From(f), c.g.From(f), h
	for k := range n {
		gates, g, now := both[2*k*u:][:2*u], candidates[k*u:][:u], y[k*u:][:u]
		if !taken(mask, k) {
			copy(now, state)
			continue
		}
		rest.Apply(state, gates)
		vec.Sigmoid(gates, gates)
		vec.Mul(q, gates[u:], state)
		restG.Apply(q, g)
		vec.Tanh(g, g)
		update(now, gates[:u], g, state)
		state = now
	}
	copy(h, y[(n-1)*u:])
	rooms.Put(r)
}
