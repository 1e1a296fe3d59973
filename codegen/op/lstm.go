package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// LSTM is a long short-term memory.
//
//	forward   i, f, o = sigmoid(x·W + h·V + b), g = tanh(x·W + h·V + b), columns of W, V and b in the order i, f, g, o;
//	          c ← f∘c + i∘g,  h ← o∘tanh(c),  step by step from h = c = 0, or the initial state
//	backward  through time: with dh and dc those of the step after,
//	          do = dh∘tanh(c)∘o∘(1 − o),  dc += dh∘o∘(1 − tanh²(c)),  di = dc∘g∘i∘(1 − i),  dg = dc∘i∘(1 − g²),
//	          df = dc∘c₋₁∘f∘(1 − f),  dc₋₁ = dc∘f;  dx, dW, dh₋₁, dV and db as in dense
//
// Shapes: x: n×t×f, y: n×units, or n×t×units with return_sequences, W: f×4·units, V: units×4·units, b: 4·units.
// Backward needs x, y, the gates and c of each step.
//
// Source: Hochreiter and Schmidhuber, Long short-term memory, 1997; Gers, Schmidhuber and Cummins, Learning to
// forget, 2000.
var LSTM = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "lstm", Doc: "A long short-term memory over the steps of a sequence.", Short: "units",
		Attrs: withState([]string{"h", "c"},
			spec.Attr{Name: "unit_forget_bias", Type: spec.Bool, Default: true,
				Doc: "Whether the bias of the forget gate begins at 1."})},
	Params: func(l *Layer) []*ir.Param {
		p := recurrentParams(l, 4, ir.Shape{4 * l.Node.Int("units")})
		if init, _ := l.Node.Node("bias_initializer"); len(p) > 2 && init.Kind == "zeros" && l.Node.Bool("unit_forget_bias") {
			p[2].Init, p[2].Attrs.Initializer = spec.Node{Kind: ForgetBias.Kind.Name}, ""
		}
		return p
	},
	Inputs:  1,
	Most:    2,
	Shape:   recurrentShape,
	Forward: func(c *Call) { c.steps = lstm(c, false, func(at int, y number) { c.Y.Data[at] = y.v }) },
	Backward: func(c *Call) {
		g := lstmBackward(c, false)
		g.write(c)
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value { return lowerCell(b, l, ir.LSTMPrim, x) },
	Bound: func(c *Call) []float64 {
		e := make([]float64, len(c.Y.Data))
		lstm(c, true, func(at int, y number) { e[at] = y.e + tiny })
		return e
	},
	GradBound: func(c *Call) (dx, dp [][]float64) { return lstmBackward(c, true).bounds() },
	// The cell is a whole number then. An output that is let through is exact if tanh has come to its limits or is 0.
	Exact: func(c *Call) bool {
		exact := true
		for _, steps := range lstm(c, true, func(int, number) {}) {
			for _, m := range steps {
				if m.gates == nil {
					continue
				}
				u := len(m.h)
				exact = exact && areGates(m.gates[:2*u]) && areCandidates(m.gates[2*u:3*u]) && areGates(m.gates[3*u:])
				for j, cell := range m.c {
					th := math.Abs(math.Tanh(cell.v))
					exact = exact && (th == 0 || th == 1 || m.gates[3*u+j].v != 1)
				}
			}
		}
		return exact
	},
	ExactGrad: func(c *Call) (dx, dp []bool) { return exactCellGrad(c, 4) },
	Holds: func(l *Layer, open bool) []Hold {
		if open {
			return holdCell(l, 4, 2, 128, open) // most gates let their numbers pass
		}
		return holdCell(l, 4, 2, -128, open)
	},
	MACs: func(l *Layer) int64 {
		return int64(l.InShape(0)[0]) * int64(l.Params[0].Size()+l.Params[1].Size())
	},
	Cases: []Case{
		{In: []ir.Shape{{5, 3}}, Attrs: "units: 4"},
		{In: []ir.Shape{{4, 1}}, Attrs: "units: 1, use_bias: false"},
		{In: []ir.Shape{{3, 2}}, Attrs: "units: 9, return_sequences: true"},
		{In: []ir.Shape{{4, 3}}, Attrs: "units: 3, return_sequences: true, go_backwards: true"},
		{In: []ir.Shape{{3, 4}}, Attrs: "units: 17, go_backwards: true, unit_forget_bias: false"},
		{In: []ir.Shape{{6, 3}, {6}}, Attrs: "units: 4, return_sequences: true"},
		{In: []ir.Shape{{6, 3}, {6}}, Attrs: "units: 3, go_backwards: true, truncate: 6"},
		{In: []ir.Shape{{6, 3}, {6}, {6}, {6}}, State: 2, Attrs: "units: 6, return_sequences: true"},
		{In: []ir.Shape{{4, 3}, {5}, {5}}, State: 2, Attrs: "units: 5, go_backwards: true, truncate: 4"},
	},
	Kinks: []float64{0.5},
})

// memory is the state of a step: outputs, cells, and gates after their functions, in their order.
type memory struct{ h, c, gates []number }

// result returns what a step gives: its outputs, or its cells where the layer stands for those.
func (m *memory) result(c *Call) []number {
	if c.Layer.Def == CellState {
		return m.c
	}
	return m.h
}

// lstm runs all sequences, hands out the outputs, and returns the steps of each sequence.
func lstm(c *Call, bounded bool, out func(at int, y number)) [][]memory {
	var all [][]memory
	for _, s := range sequencesOf(c, 4, bounded) {
		var steps []memory
		last := memory{h: s.initial(0), c: s.initial(1)}
		for k := range s.t {
			if s.masked(k) {
				last = memory{h: s.held(last.h), c: s.held(last.c)}
				s.hand(k, last.result(c), out)
				steps = append(steps, last)
				continue
			}
			m := memory{gates: s.gates(s.at(k), last.h, 0, 4*s.u)}
			for j := range m.gates {
				if j/s.u == 2 {
					m.gates[j] = m.gates[j].tanh()
				} else {
					m.gates[j] = m.gates[j].sigmoid()
				}
			}
			for j := range s.u {
				cell := m.gates[j].lets(m.gates[2*s.u+j])
				if last.c != nil {
					cell = cell.plus(m.gates[s.u+j].lets(last.c[j]))
				}
				m.c = append(m.c, cell)
				m.h = append(m.h, m.gates[3*s.u+j].lets(cell.tanh()))
			}
			s.hand(k, m.result(c), out)
			steps, last = append(steps, m), m
		}
		all = append(all, steps)
	}
	return all
}

// lstmBackward goes back through time.
func lstmBackward(c *Call, bounded bool) *gradients {
	g := newGradients(c, bounded)
	all := stepsOf(c, bounded, lstm)
	for n, s := range sequencesOf(c, 4, bounded) {
		dh, dc := make([]number, s.u), make([]number, s.u)
		for k := s.t - 1; k >= 0; k-- {
			m := all[n][k]
			last := memory{h: s.initial(0), c: s.initial(1)}
			if k > 0 {
				last = all[n][k-1]
			}
			if c.Layer.Def == CellState {
				s.pass(k, dc)
			}
			if s.masked(k) {
				if c.Layer.Def != CellState {
					s.pass(k, dh)
				}
				if s.cut(k) {
					dh, dc = make([]number, s.u), make([]number, s.u)
				}
				continue
			}
			gates := make([]number, 4*s.u)
			for j := range s.u {
				i, f, z, o, th := m.gates[j], m.gates[s.u+j], m.gates[2*s.u+j], m.gates[3*s.u+j], m.c[j].tanh()
				d := dh[j]
				if at := s.y(k); at >= 0 && c.Layer.Def != CellState {
					d = d.plus(number{v: c.DY.Data[at+j]})
				}
				gates[3*s.u+j] = d.times(th).times(o.sigmoidSlope())
				dc[j] = dc[j].plus(o.lets(d).times(th.tanhSlope()))
				gates[j] = dc[j].times(z).times(i.sigmoidSlope())
				gates[2*s.u+j] = i.lets(dc[j]).times(z.tanhSlope())
				if last.c != nil {
					gates[s.u+j] = dc[j].times(last.c[j]).times(f.sigmoidSlope())
				}
				dc[j] = f.lets(dc[j])
			}
			dh = make([]number, s.u)
			g.input(&s, s.at(k), 0, gates)
			g.state(&s, last.h, 0, gates, dh)
			if s.cut(k) {
				dh, dc = make([]number, s.u), make([]number, s.u)
			}
		}
		g.initial(&s, 0, dh)
		g.initial(&s, 1, dc)
	}
	return g
}
