package rnn

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// GRUCell is a gated recurrent unit, reset after the product, that runs step by step.
type GRUCell struct{ stepper }

// NewGRUCell prepares the weights of GRU, of which it takes a copy; b may be nil. T is not looked at.
func NewGRUCell(s Shape, w, v, b []float32) GRUCell { return GRUCell{newStepper(s, 3, 2, w, v, b)} }

// Step moves on by one step x of F numbers: h, U numbers, is the state before and becomes that after. At the first step
// of a sequence it is not read. The bits are those of the same step in GRU.
func (c *GRUCell) Step(first bool, h, x []float32) {
	if first || !c.single || !cpu.HasSIMD() || len(h) < c.u || len(x) < c.f {
		c.otherStep(first, h, x)
		return
	}
	gruStepSIMD(c.u, 0, c.size, c.f, c.u, &h[0], &h[0], &c.w[0], &x[0], &h[0], nil, &c.b[0])
}

// otherStep is Step for all that is more than the call of a kernel.
//
//go:noinline
func (c *GRUCell) otherStep(first bool, h, x []float32) {
	u := c.u
	if len(h) < u || len(x) < c.f {
		panic(badShape)
	}
	h = h[:u]
	t := terms{x: x, state: h}
	switch {
	case first:
		t.state = nil
		c.next(h, &t)
	case u <= c.side(u):
		c.next(h, &t)
	case u <= onStack && c.fast():
		var next [onStack]float32
		c.kernel(next[:u], &t)
		copy(h, next[:])
	default:
		r := rooms.Get().(*room)
		next := scratch(r, u)
		c.next(next, &t)
		copy(h, next)
		rooms.Put(r)
	}
}

// next takes a step: h becomes the state, and may be that before of units that lie side by side.
func (c *GRUCell) next(h []float32, t *terms) {
	if c.fast() {
		c.kernel(h, t)
	} else {
		gruStepGeneric(c, h, t)
	}
}

func (c *GRUCell) kernel(h []float32, t *terms) {
	last := before(h, t)
	f, skip := c.input(t)
	v := c.inner(t)
	for j, n := 0, 0; j < c.u; j += n {
		if j > 0 {
			cpu.Preempt()
		}
		n = c.some(c.u - j)
		gruStepSIMD(n, skip*wide*3, c.size, f, v, &h[j], &last[j], &c.w[j/wide*c.size], first(t.x),
			first(t.state), first(behind(t.sums, 3*j)), &c.b[6*j])
	}
}

// before returns the state before a step, h if there is none: it is 0 then.
func before(h []float32, t *terms) []float32 {
	if t.state == nil {
		clear(h)
		return h
	}
	return t.state
}

func gruStepGeneric(c *GRUCell, h []float32, t *terms) {
	last := before(h, t)
	r := rooms.Get().(*room)
	all := scratch(r, c.row()+padded(c.u))
	q := all[c.row():]
	clear(q)
	for j, n := 0, 0; j < c.u; j += n {
		n = c.side(c.u - j)
		s := all[3*j:][:3*n]
		c.behindInput(t, j, s)
		if t.state != nil {
			c.addState(t, j, len(s), 0, s[:2*n], gemm.None().Continued())
			c.addState(t, j, len(s), 2*n, q[j:][:n], gemm.None())
		}
	}
	for j, n := 0, 0; j < c.u; j += n {
		n = c.side(c.u - j)
		s, b := all[3*j:], c.b[6*j:]
		for k := range min(n, c.u-j) {
			z := scalar.Sigmoid(s[k] + b[k] + b[3*n+k])
			reset := scalar.Sigmoid(s[n+k] + b[n+k] + b[4*n+k])
			a := scalar.Tanh(s[2*n+k] + b[2*n+k] + float32(reset*(q[j+k]+b[5*n+k])))
			h[j+k] = a + float32((last[j+k]-a)*z)
		}
	}
	rooms.Put(r)
}

// Run takes all steps of a sequence from the start: x is T×F, and h, T×U, becomes the outputs. The bits are those of
// GRU on one sequence.
func (c *GRUCell) Run(s Shape, h, x []float32) { c.RunFrom(s, h, x, nil) }

// RunFrom is Run from the state h0; nil for none.
func (c *GRUCell) RunFrom(s Shape, h, x, h0 []float32) {
	checkRun(&s, c.f, c.u, h, x, h0)
	r := rooms.Get().(*room)
	in, _ := c.lead(r, s.T, x, 0)
	var t terms
	for k := range s.T {
		at, _ := s.at(k)
		state, _ := s.state(k, h, h0)
		t.state = state
		t.x, t.sums = in.of(at)
		c.next(h[at*c.u:][:c.u], &t)
	}
	rooms.Put(r)
}

// Steps takes n steps, x n×F, and writes the outputs after each to y, n×U, and the state after the last to h: with the
// bits of n calls of Step. A mask, which may be nil, has a number for each step; where it is not above ½ the state stays
// as it was. y overlaps nothing else.
func (c *GRUCell) Steps(first bool, n int, y, h, x, mask []float32) {
	u := c.u
	checkSteps(n, c.f, u, y, x, mask, h)
	if n == 0 {
		return
	}
	h = h[:u]
	r := rooms.Get().(*room)
	in, _ := c.lead(r, n, x, 0)
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
			c.next(now, &t)
		} else {
			copy(now, state)
		}
		state = now
	}
	copy(h, state)
	rooms.Put(r)
}
