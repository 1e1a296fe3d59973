package op

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// GRU is a gated recurrent unit. Its reset gate acts after the product of the state and the weights of the candidate,
// the form of cuDNN and PyTorch, or with reset_after: false before it, that of the paper.
//
//	forward   z, r = sigmoid(x·W + h·V + b₀ + b₁),  q = h·V + b₁,  g = tanh(x·W + b₀ + r∘q), columns in the order z, r, g;
//	          h ← z∘h + (1 − z)∘g,  step by step from h = 0, or the initial state
//	before    z, r = sigmoid(x·W + h·V + b),  q = r∘h,  g = tanh(x·W + q·V + b)
//	backward  through time: with dh that of the step after,
//	          dz = dh∘(h₋₁ − g)∘z∘(1 − z),  dg = dh∘(1 − z)∘(1 − g²),  dr = dg∘q∘r∘(1 − r),  dq = dg∘r,
//	          dh₋₁ = dh∘z and what dz, dr and dq give;  dx, dW, dV, db as in dense
//	before    dq = dg·Vᵀ,  dr = dq∘h₋₁∘r∘(1 − r),  dh₋₁ = dh∘z + dq∘r and what dz and dr give
//
// Shapes: x: n×t×f, y: n×units, or n×t×units with return_sequences, W: f×3·units, V: units×3·units,
// b: 2×3·units, 3·units with reset_after: false. Backward needs x, y, the gates and q of each step.
//
// Source: Cho et al., Learning phrase representations using RNN encoder–decoder, 2014.
var GRU = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "gru", Doc: "A gated recurrent unit over the steps of a sequence.", Short: "units",
		Attrs: withState([]string{"h"},
			spec.Attr{Name: "reset_after", Type: spec.Bool, Default: true,
				Doc: "Whether the reset gate acts after the product with the state, or on the state; there are two rows of " +
					"biases, or one."})},
	Params: func(l *Layer) []*ir.Param {
		biases := ir.Shape{2, 3 * l.Node.Int("units")}
		if !l.Node.Bool("reset_after") {
			biases = biases[1:]
		}
		return recurrentParams(l, 3, biases)
	},
	Inputs:  1,
	Most:    2,
	Shape:   recurrentShape,
	Forward: func(c *Call) { c.steps = gru(c, false, func(at int, y number) { c.Y.Data[at] = y.v }) },
	Backward: func(c *Call) {
		g := gruBackward(c, false)
		g.write(c)
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if l.Node.Bool("reset_after") {
			return lowerCell(b, l, ir.GRUPrim, x)
		}
		return lowerCell(b, l, ir.GRUBefore, x)
	},
	Bound: func(c *Call) []float64 {
		e := make([]float64, len(c.Y.Data))
		gru(c, true, func(at int, y number) { e[at] = y.e + tiny })
		return e
	},
	GradBound: func(c *Call) (dx, dp [][]float64) { return gruBackward(c, true).bounds() },
	Exact: func(c *Call) bool {
		exact := true
		for _, steps := range gru(c, true, func(int, number) {}) {
			for _, m := range steps {
				if u := len(m.h); m.gates != nil {
					exact = exact && areGates(m.gates[:2*u]) && areCandidates(m.gates[2*u:])
				}
			}
		}
		return exact
	},
	ExactGrad: func(c *Call) (dx, dp []bool) { return exactCellGrad(c, 3) },
	Holds:     func(l *Layer, open bool) []Hold { return holdCell(l, 3, 2, -128, open) },
	MACs: func(l *Layer) int64 {
		return int64(l.InShape(0)[0]) * int64(l.Params[0].Size()+l.Params[1].Size())
	},
	Cases: []Case{
		{In: []ir.Shape{{5, 3}}, Attrs: "units: 4"},
		{In: []ir.Shape{{4, 1}}, Attrs: "units: 1, use_bias: false"},
		{In: []ir.Shape{{3, 2}}, Attrs: "units: 9, return_sequences: true"},
		{In: []ir.Shape{{4, 3}}, Attrs: "units: 3, return_sequences: true, go_backwards: true"},
		{In: []ir.Shape{{3, 4}}, Attrs: "units: 17, go_backwards: true"},
		{In: []ir.Shape{{5, 3}}, Attrs: "units: 4, reset_after: false"},
		{In: []ir.Shape{{4, 1}}, Attrs: "units: 1, use_bias: false, reset_after: false"},
		{In: []ir.Shape{{4, 3}}, Attrs: "units: 17, return_sequences: true, go_backwards: true, reset_after: false"},
		{In: []ir.Shape{{6, 3}, {6}}, Attrs: "units: 4, return_sequences: true"},
		{In: []ir.Shape{{6, 3}, {6}}, Attrs: "units: 4, reset_after: false"},
		{In: []ir.Shape{{6, 3}, {6}, {6}}, State: 1, Attrs: "units: 6, return_sequences: true"},
		{In: []ir.Shape{{4, 3}, {5}}, State: 1, Attrs: "units: 5, reset_after: false, truncate: 4"},
	},
	Kinks: []float64{0.5},
})

// gated is the state of a step of gru: outputs, gates after their functions, in their order, and q.
type gated struct{ h, gates, q []number }

// products returns those of the inputs and of the state for the columns [from, to), each with its row of the biases,
// and the sizes of both without the biases.
func (s *sequence) products(t int, h []number, from, to int) (input, state []number, size []float64) {
	a, b := s.sums(to-from), s.sums(to-from)
	s.inputs(a, t, from)
	s.before(b, h, from)
	size = make([]float64, to-from)
	for j := range a.size {
		size[j] = a.size[j] + b.size[j]
	}
	s.bias(a, 0, from)
	s.bias(b, 1, from)
	return a.bounds(s.f + 1), b.bounds(len(h) + 1), size
}

// gru runs all sequences, hands out the outputs, and returns the steps of each sequence.
func gru(c *Call, bounded bool, out func(at int, y number)) [][]gated {
	var all [][]gated
	after := c.Layer.Node.Bool("reset_after")
	for _, s := range sequencesOf(c, 3, bounded) {
		var steps []gated
		last := gated{h: s.initial(0)}
		for k := range s.t {
			if s.masked(k) {
				last = gated{h: s.held(last.h)}
				s.hand(k, last.h, out)
				steps = append(steps, last)
				continue
			}
			if !after {
				last = s.resetBefore(k, last)
				s.hand(k, last.h, out)
				steps = append(steps, last)
				continue
			}
			inputs, states, size := s.products(s.at(k), last.h, 0, 3*s.u)
			m := gated{h: make([]number, 0, s.u), gates: make([]number, 3*s.u), q: states[2*s.u:]}
			for j := range 2 * s.u {
				sum := inputs[j].plus(states[j])
				sum.e += gamma(s.f+s.u+3) * size[j] // both are one chain, then come the biases
				m.gates[j] = sum.sigmoid()
			}
			for j, q := range m.q {
				g := inputs[2*s.u+j].plus(m.gates[s.u+j].lets(q)).tanh()
				m.gates[2*s.u+j] = g
				h := number{}
				if last.h != nil {
					h = last.h[j]
				}
				m.h = append(m.h, m.gates[j].blend(h, g))
			}
			s.hand(k, m.h, out)
			steps, last = append(steps, m), m
		}
		all = append(all, steps)
	}
	return all
}

// resetBefore returns the k-th step, after last, of a unit whose reset gate acts before the product.
func (s *sequence) resetBefore(k int, last gated) gated {
	m := gated{gates: make([]number, 3*s.u)}
	for j, sum := range s.gates(s.at(k), last.h, 0, 2*s.u) {
		m.gates[j] = sum.sigmoid()
	}
	for j, h := range last.h {
		m.q = append(m.q, m.gates[s.u+j].lets(h))
	}
	for j, sum := range s.gates(s.at(k), m.q, 2*s.u, 3*s.u) {
		g := sum.tanh()
		m.gates[2*s.u+j] = g
		h := number{}
		if last.h != nil {
			h = last.h[j]
		}
		m.h = append(m.h, m.gates[j].blend(h, g))
	}
	return m
}

// gruBackward goes back through time.
func gruBackward(c *Call, bounded bool) *gradients {
	g := newGradients(c, bounded)
	all := stepsOf(c, bounded, gru)
	after := c.Layer.Node.Bool("reset_after")
	for n, s := range sequencesOf(c, 3, bounded) {
		dh := make([]number, s.u)
		for k := s.t - 1; k >= 0; k-- {
			m := all[n][k]
			last := gated{h: s.initial(0)}
			if k > 0 {
				last = all[n][k-1]
			}
			if s.masked(k) {
				s.pass(k, dh)
				if s.cut(k) {
					dh = make([]number, s.u)
				}
				continue
			}
			before, dq := make([]number, s.u), make([]number, s.u)
			// The gradients of the gates' sums: z, r, and those of the candidate.
			dz, dr, da, reset := make([]number, s.u), make([]number, s.u), make([]number, s.u), make([]number, s.u)
			for j := range s.u {
				z, r, a, h := m.gates[j], m.gates[s.u+j], m.gates[2*s.u+j], number{}
				if last.h != nil {
					h = last.h[j]
				}
				d := dh[j]
				if at := s.y(k); at >= 0 {
					d = d.plus(number{v: c.DY.Data[at+j]})
				}
				dz[j] = d.times(h.minus(a)).times(z.sigmoidSlope())
				kept := z.lets(d)
				da[j] = z.rest(d).times(a.tanhSlope())
				before[j] = before[j].plus(kept)
				if after {
					dr[j] = da[j].times(m.q[j]).times(r.sigmoidSlope())
					reset[j] = r.lets(da[j])
				}
			}
			if !after {
				g.state(&s, m.q, 2*s.u, da, dq)
				for j, h := range last.h {
					r := m.gates[s.u+j]
					dr[j] = dq[j].times(h).times(r.sigmoidSlope())
					before[j] = before[j].plus(r.lets(dq[j]))
				}
			}
			g.input(&s, s.at(k), 0, slices.Concat(dz, dr, da))
			g.state(&s, last.h, 0, slices.Concat(dz, dr), before)
			if after {
				g.state(&s, last.h, 2*s.u, reset, before)
			}
			dh = before
			if s.cut(k) {
				dh = make([]number, s.u)
			}
		}
		g.initial(&s, 0, dh)
	}
	return g
}
