package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// layer builds a network around a case of a kind and returns the layer.
func layer(t *testing.T, d *op.Def, c op.Case) *op.Layer { return read(t, d, c, "it") }

// read builds a network that reads the layer "it", a case of a kind, or a part of its state, and returns what is read.
func read(t *testing.T, d *op.Def, c op.Case, name string) *op.Layer {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\nname: m\ntask: regression\ninputs:\n")
	var from []string
	for j, s := range c.In {
		fmt.Fprintf(&b, "  - {name: in%d, shape: %s}\n", j, strings.ReplaceAll(fmt.Sprint([]int(s)), " ", ", "))
		from = append(from, fmt.Sprintf("in%d", j))
	}
	fmt.Fprintf(&b, "layers:\n  - %s: {%s}\n  - flatten: {from: %s}\n  - output: {units: 2}\n",
		d.Kind.Name, c.Keys("it", from), name)
	s, problems := spec.Parse("case.yaml", []byte(b.String()), op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, b.String())
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, b.String())
	}
	for _, l := range network.Layers {
		if l.Name == name {
			return l
		}
	}
	t.Fatal("the layer is gone")
	return nil
}

// reading is a case, and which of the things that it gives is read.
type reading struct {
	op.Case
	read string
}

// readings returns the cases of a kind, and some for the parts of its state.
func readings(d *op.Def) []reading {
	var all []reading
	for _, c := range d.Cases {
		all = append(all, reading{c, "it"})
	}
	if !strings.Contains("gru lstm simple_rnn", d.Kind.Name) {
		return all
	}
	for _, c := range []op.Case{
		{In: []ir.Shape{{4, 2}}, Attrs: "units: 3, return_state: true, return_sequences: true"},
		{In: []ir.Shape{{4, 2}, {4}}, Attrs: "units: 3, return_state: true, return_sequences: true, go_backwards: true"},
	} {
		all = append(all, reading{c, "it.h"})
		if d == op.LSTM {
			all = append(all, reading{c, "it.c"})
		}
	}
	return all
}

// TestMaskingKeepsStepsThatHoldSomething looks at steps of padding, of almost padding, and at a NaN.
func TestMaskingKeepsStepsThatHoldSomething(t *testing.T) {
	nan := math.NaN()
	l := layer(t, op.Masking, op.Case{In: []ir.Shape{{6, 2}}, Attrs: "mask_value: -0.1"})
	p := float64(float32(-0.1))
	x := []float64{p, p, 1, p, p, 0, nan, p, nan, nan, p, math.Inf(1)}
	c := &op.Call{Layer: l, N: 1, X: []op.Tensor{{Shape: ir.Shape{1, 6, 2}, Data: x}},
		Y: op.Tensor{Shape: ir.Shape{1, 6}, Data: make([]float64, 6)}}
	l.Def.Forward(c)
	if want := []float64{0, 1, 1, 1, 1, 1}; !slices.Equal(c.Y.Data, want) {
		t.Errorf("got %v, want %v", c.Y.Data, want)
	}
}

// drawCall draws inputs, parameters and gradients for a training call of n examples; positive for a kind whose domain
// that is.
func drawCall(l *op.Layer, n int, r *rand.Rand, positive bool) *op.Call {
	draw := func(s ir.Shape) op.Tensor {
		x := make([]float64, s.Size())
		for k := range x {
			x[k] = r.NormFloat64()
			if positive { // the domain of the kind
				x[k] = math.Log1p(math.Exp(x[k]))
			}
			for _, at := range l.Def.Kinks {
				if math.Abs(x[k]-at) < 1e-3 {
					x[k] += 0.01
				}
			}
		}
		return op.Tensor{Shape: s, Data: x}
	}
	rows := func(s ir.Shape) ir.Shape { return append(ir.Shape{n}, s...) }
	zero := func(s ir.Shape) op.Tensor { return op.Tensor{Shape: s, Data: make([]float64, s.Size())} }
	call := &op.Call{Layer: l, N: n, Training: true, Y: zero(rows(l.Shape)), DY: draw(rows(l.Shape)),
		Draw: func(i int) float64 { return float64(op.Word(1, 2, 3, i)) / (1 << 32) }}
	for k := range l.In {
		call.X = append(call.X, draw(rows(l.InShape(k))))
		if l.Def.Tokens != nil {
			for j := range call.X[k].Data {
				call.X[k].Data[j] = float64(r.IntN(l.Def.Tokens(l)))
			}
		}
		call.DX = append(call.DX, zero(rows(l.InShape(k))))
	}
	for _, p := range l.Params {
		call.P = append(call.P, draw(p.Shape))
		call.DP = append(call.DP, zero(p.Shape))
	}
	return call
}

// TestKindsSayWhetherTheyTrainDifferently runs each kind in training and in a prediction: where the results are the
// same in all its cases, golden.Probe evaluates it once.
func TestKindsSayWhetherTheyTrainDifferently(t *testing.T) {
	for _, d := range op.All() {
		differs := false
		for i, c := range readings(d) {
			l := read(t, d, c.Case, c.read)
			call := drawCall(l, 3, rand.New(rand.NewPCG(1, uint64(i))), c.Front != "")
			saved := make([][]float64, len(call.P)) // running statistics move
			for k, p := range call.P {
				saved[k] = slices.Clone(p.Data)
			}
			l.Def.Forward(call)
			trained := slices.Clone(call.Y.Data)
			for k, p := range call.P {
				copy(p.Data, saved[k])
			}
			clear(call.Y.Data)
			call.Training = false
			l.Def.Forward(call)
			differs = differs || fmt.Sprint(trained) != fmt.Sprint(call.Y.Data)
		}
		if differs != d.Trains {
			t.Errorf("%s: its results in training differ from predictions: %t, but Trains is %t", d.Kind.Name, differs, d.Trains)
		}
	}
}

// TestBackwardIsTheDerivativeOfForward compares the hand-derived gradients of every kind with central
// differences of Σ dy∘y, for inputs and parameters away from kinks.
func TestBackwardIsTheDerivativeOfForward(t *testing.T) {
	const n, h = 3, 1e-6
	for _, d := range op.All() {
		for i, c := range readings(d) {
			t.Run(fmt.Sprintf("%s_%d", d.Kind.Name, i), func(t *testing.T) {
				l := read(t, d, c.Case, c.read)
				r := rand.New(rand.NewPCG(1, uint64(i)))
				call := drawCall(l, n, r, c.Front != "")
				if len(call.Y.Data) != n*l.Shape.Size() {
					t.Fatalf("the shape rule gives %s", l.Shape)
				}
				objective := func() float64 {
					saved := make([][]float64, len(call.P)) // running statistics move
					for k, p := range call.P {
						saved[k] = slices.Clone(p.Data)
					}
					clear(call.Y.Data)
					l.Def.Forward(call)
					sum := 0.0
					for k, y := range call.Y.Data {
						sum += y * call.DY.Data[k]
					}
					for k, p := range call.P {
						copy(p.Data, saved[k])
					}
					return sum
				}
				objective()
				l.Def.Backward(call)
				compare := func(what string, x, grad []float64) {
					for k := range x {
						at := x[k]
						x[k] = at + h
						up := objective()
						x[k] = at - h
						down := objective()
						x[k] = at
						if want := (up - down) / (2 * h); math.Abs(grad[k]-want) > 1e-5*math.Max(1, math.Abs(want)) {
							t.Errorf("%s[%d]: gradient %v, central difference %v", what, k, grad[k], want)
						}
					}
				}
				for k := range call.X {
					compare(fmt.Sprintf("dx%d", k), call.X[k].Data, call.DX[k].Data)
				}
				for k, p := range l.Params {
					if p.Role == ir.Trained {
						compare("d"+p.Name, call.P[k].Data, call.DP[k].Data)
					}
				}
			})
		}
	}
}
