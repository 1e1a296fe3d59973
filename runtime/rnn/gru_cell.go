package rnn

import (
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
)

// GRUCell is a gated recurrent unit, reset after the product, that runs step by step.
type GRUCell struct {
	f, u       int
	first      gemm.Chain // z and r of a first step, which has no state
	next, g, q gemm.Chain // z and r of both; the candidate of the input, and of the state
	inner      []float32  // the second row of biases; nil for none
}

// NewGRUCell prepares the weights of GRU, of which it takes a copy; b may be nil. T is not looked at.
func NewGRUCell(s Shape, w, v, b []float32) GRUCell {
	checkCell(&s, 3, 2, w, v, b)
	n, u := 3*s.U, s.U
	c := GRUCell{
		f: s.F, u: u,
		next: gemm.NewChain(2*u, s.F+u, stacked(s.F, u, n, 0, 2*u, w, v), biasFrom(b, 0)),
		g:    gemm.NewChain(u, s.F, stacked(s.F, 0, n, 2*u, u, w, v), biasFrom(b, 2*u)),
	}
	c.first = c.next.Until(s.F)
	if b != nil {
		c.inner = b[n : 2*n]
	}
	c.q = gemm.NewChain(u, u, stacked(0, u, n, 2*u, u, w, v), biasFrom(c.inner, 2*u))
	return c
}

// Step moves on by one step x of F numbers: h, U numbers, is the state before and becomes that after. At the first step
// of a sequence it is not read. The bits are those of the same step in GRU.
func (c *GRUCell) Step(first bool, h, x []float32) {
	f, u := c.f, c.u
	if len(h) < u || len(x) < f {
		panic(badShape)
	}
	h = h[:u]
	r := rooms.Get().(*room)
	all := scratch(r, f+5*u)
	gates, q := all[f+u:][:3*u], all[f+4*u:]
	if first {
		clear(h)
		clear(q)
		c.first.Apply(x, gates)
		c.g.Apply(x, gates[2*u:])
		if c.inner != nil {
			vec.Add(q, q, c.inner[2*u:])
		}
	} else {
		copy(all, x[:f])
		copy(all[f:], h)
		c.next.Apply(all[:f+u], gates)
		c.g.Apply(x, gates[2*u:])
		c.q.Apply(h, q)
	}
	if c.inner != nil {
		vec.Add(gates[:2*u], gates[:2*u], c.inner[:2*u])
	}
	vec.GRUOut(h, gates[:u], gates[u:2*u], gates[2*u:], q, h)
	rooms.Put(r)
}

// Run takes all steps of a sequence from the start: x is T×F, and h, T×U, becomes the outputs. The bits are those of
// GRU on one sequence.
func (c *GRUCell) Run(s Shape, h, x []float32) { c.RunFrom(s, h, x, nil) }

// RunFrom is Run from the state h0; nil for none.
func (c *GRUCell) RunFrom(s Shape, h, x, h0 []float32) {
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
func (c *GRUCell) Steps(first bool, n int, y, h, x, mask []float32) {
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
	all := scratch(r, (3*n+1)*u)
	both, candidates, q := all[:2*n*u], all[2*n*u:3*n*u], all[3*n*u:]
	c.next.Begin(n, f, x, both)
	c.g.Rows(n, x, candidates)
	rest, state := c.next.From(f), h
	for k := range n {
		gates, g, now := both[2*k*u:][:2*u], candidates[k*u:][:u], y[k*u:][:u]
		if !taken(mask, k) {
			copy(now, state)
			continue
		}
		rest.Apply(state, gates)
		c.q.Apply(state, q)
		if c.inner != nil {
			vec.Add(gates, gates, c.inner[:2*u])
		}
		vec.GRUOut(now, gates[:u], gates[u:], g, q, state)
		state = now
	}
	copy(h, y[(n-1)*u:])
	rooms.Put(r)
}
