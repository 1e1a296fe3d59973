package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// SimpleRNN is a plain recurrent layer.
//
//	forward   h ← tanh(x·W + h·V + b), step by step from h = 0, or the initial state
//	backward  through time: da = dh∘(1 − h²), dh₋₁ = da·Vᵀ; dx, dW, dV and db as in dense
//
// Shapes: x: n×t×f, y: n×units, or n×t×units with return_sequences, W: f×units, V: units×units, b: units. Backward
// needs x and the outputs of each step.
//
// Source: Elman, Finding structure in time, 1990.
var SimpleRNN = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "simple_rnn", Doc: "A plain recurrent layer over the steps of a sequence, with tanh.",
		Short: "units", Attrs: withState([]string{"h"})},
	Params:   func(l *Layer) []*ir.Param { return recurrentParams(l, 1, ir.Shape{l.Node.Int("units")}) },
	Inputs:   1,
	Most:     2,
	Shape:    recurrentShape,
	Forward:  func(c *Call) { c.steps = simpleRNN(c, false, func(at int, y number) { c.Y.Data[at] = y.v }) },
	Backward: func(c *Call) { simpleRNNBackward(c, false).write(c) },
	Lower:    func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value { return lowerCell(b, l, ir.SimplePrim, x) },
	Bound: func(c *Call) []float64 {
		e := make([]float64, len(c.Y.Data))
		simpleRNN(c, true, func(at int, y number) { e[at] = y.e + tiny })
		return e
	},
	GradBound: func(c *Call) (dx, dp [][]float64) { return simpleRNNBackward(c, true).bounds() },
	Exact: func(c *Call) bool {
		exact := true
		for _, steps := range simpleRNN(c, true, func(int, number) {}) {
			for _, h := range steps {
				exact = exact && areCandidates(h)
			}
		}
		return exact
	},
	ExactGrad: func(c *Call) (dx, dp []bool) { return exactCellGrad(c, 1) },
	Holds:     func(l *Layer, open bool) []Hold { return holdCell(l, 1, 0, -128, open) },
	MACs: func(l *Layer) int64 {
		return int64(l.InShape(0)[0]) * int64(l.Params[0].Size()+l.Params[1].Size())
	},
	Cases: []Case{
		{In: []ir.Shape{{5, 3}}, Attrs: "units: 4"},
		{In: []ir.Shape{{4, 1}}, Attrs: "units: 1, use_bias: false"},
		{In: []ir.Shape{{3, 2}}, Attrs: "units: 9, return_sequences: true"},
		{In: []ir.Shape{{4, 3}}, Attrs: "units: 18, return_sequences: true, go_backwards: true"},
		{In: []ir.Shape{{6, 3}, {6}}, Attrs: "units: 4, return_sequences: true"},
		{In: []ir.Shape{{6, 3}, {6}, {6}}, State: 1, Attrs: "units: 6, go_backwards: true"},
	},
	Kinks: []float64{0.5},
})

// simpleRNN runs all sequences, hands out the outputs, and returns those of each step of each sequence.
func simpleRNN(c *Call, bounded bool, out func(at int, y number)) [][][]number {
	var all [][][]number
	for _, s := range sequencesOf(c, 1, bounded) {
		var steps [][]number
		last := s.initial(0)
		for k := range s.t {
			h := make([]number, s.u)
			if s.masked(k) {
				h = s.held(last)
			} else {
				for j, sum := range s.gates(s.at(k), last, 0, s.u) {
					h[j] = sum.tanh()
				}
			}
			s.hand(k, h, out)
			steps, last = append(steps, h), h
		}
		all = append(all, steps)
	}
	return all
}

// simpleRNNBackward goes back through time.
func simpleRNNBackward(c *Call, bounded bool) *gradients {
	g := newGradients(c, bounded)
	all := stepsOf(c, bounded, simpleRNN)
	for n, s := range sequencesOf(c, 1, bounded) {
		dh := make([]number, s.u)
		for k := s.t - 1; k >= 0; k-- {
			last := s.initial(0)
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
			before, sums := make([]number, s.u), make([]number, s.u)
			for j, h := range all[n][k] {
				d := dh[j]
				if at := s.y(k); at >= 0 {
					d = d.plus(number{v: c.DY.Data[at+j]})
				}
				sums[j] = d.times(h.tanhSlope())
			}
			g.input(&s, s.at(k), 0, sums)
			g.state(&s, last, 0, sums, before)
			dh = before
			if s.cut(k) {
				dh = make([]number, s.u)
			}
		}
		g.initial(&s, 0, dh)
	}
	return g
}
