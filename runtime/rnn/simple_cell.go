package rnn

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// SimpleCell is a plain recurrent layer that runs step by step. One whose units lie side by side takes a step in one call of a
// kernel, and of others, whose chains are many, a step is a product: chains that are one after another would wait for each
// other's operations.
type SimpleCell struct {
	stepper
	first, next gemm.Chain // of a first step, which has no state, and of others, where these are products
}

// SimpleCellLen returns how many numbers a SimpleCell holds.
func SimpleCellLen(f, u int) int {
	if c := sized(f, u, 1); c.single {
		return CellLen(f, u, 1, 1)
	}
	return gemm.PackedLen(f+u, u)
}

// NewSimpleCell prepares the weights of Simple, of which it takes a copy; b may be nil. T is not looked at.
func NewSimpleCell(s Shape, w, v, b []float32) SimpleCell {
	if c := sized(s.F, s.U, 1); c.single {
		return SimpleCell{stepper: newStepper(s, 1, 1, w, v, b)}
	}
	checkCell(&s, 1, 1, w, v, b)
	next := gemm.NewChain(s.U, s.F+s.U, stacked(s.F, s.U, s.U, 0, s.U, w, v), biasFrom(b, 0))
	return SimpleCell{stepper: sized(s.F, s.U, 1), first: next.Until(s.F), next: next}
}

// Step moves on by one step x of F numbers: h, U numbers, is the state before and becomes that after. At the first step
// of a sequence it is not read. The bits are those of the same step in Simple.
func (c *SimpleCell) Step(first bool, h, x []float32) {
	if !c.single {
		c.product(first, h, x)
		return
	}
	if first || !cpu.HasSIMD() || len(h) < c.u || len(x) < c.f {
		c.otherStep(first, h, x)
		return
	}
	simpleStepSIMD(c.u, 0, c.size, c.f, c.u, &h[0], &c.w[0], &x[0], &h[0], nil, &c.b[0])
}

// otherStep is Step of units that lie side by side for all that is more than the call of a kernel.
//
//go:noinline
func (c *SimpleCell) otherStep(first bool, h, x []float32) {
	if len(h) < c.u || len(x) < c.f {
		panic(badShape)
	}
	h = h[:c.u]
	t := terms{x: x, state: h}
	if first {
		t.state = nil
	}
	c.one(h, &t)
}

// stepLen returns the elements that product works in; 0 where Step does without.
func (c *SimpleCell) stepLen() int {
	if c.single {
		return 0
	}
	return c.f + c.u
}

// product is Step where it is one.
func (c *SimpleCell) product(first bool, h, x []float32) {
	if len(h) < c.u || len(x) < c.f {
		panic(badShape)
	}
	h = h[:c.u]
	if first {
		c.first.Apply(x, h)
	} else {
		r := rooms.Get().(*room)
		all := scratch(r, c.stepLen())
		copy(all, x[:c.f])
		copy(all[c.f:], h)
		c.next.Apply(all, h)
		rooms.Put(r)
	}
	vec.Tanh(h, h)
}

// one takes a step of units that lie side by side: h becomes the state, and may be that before.
func (c *SimpleCell) one(h []float32, t *terms) {
	if !c.fast() {
		simpleStepGeneric(c, h, t)
		return
	}
	f, skip := c.input(t)
	simpleStepSIMD(c.u, skip*wide, c.size, f, c.inner(t), &h[0], &c.w[0], first(t.x), first(t.state), first(t.sums),
		&c.b[0])
}

func simpleStepGeneric(c *SimpleCell, h []float32, t *terms) {
	r := rooms.Get().(*room)
	s := scratch(r, c.row())
	c.behindInput(t, 0, s)
	if t.state != nil {
		c.addState(t, 0, len(s), 0, s, gemm.None().Continued())
	}
	for k := range h {
		h[k] = scalar.Tanh(s[k] + c.b[k])
	}
	rooms.Put(r)
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
	if c.single {
		c.steps(first, n, y, h, x, mask)
		return
	}
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

// steps is Steps for units that lie side by side.
func (c *SimpleCell) steps(first bool, n int, y, h, x, mask []float32) {
	if n == 0 {
		return
	}
	r := rooms.Get().(*room)
	in, _ := c.lead(r, n, x, 0)
	state := h
	var t terms
	for k := range n {
		now := y[k*c.u:][:c.u]
		if taken(mask, k) {
			t.state = state
			t.x, t.sums = in.of(k)
			if first && k == 0 {
				t.state = nil
			}
			c.one(now, &t)
		} else {
			copy(now, state)
		}
		state = now
	}
	copy(h, state)
	rooms.Put(r)
}
