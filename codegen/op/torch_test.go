package op_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// TestKindsAgreeWithPyTorch compares shapes, outputs and gradients of each kind that has vectors.
func TestKindsAgreeWithPyTorch(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range []string{"conv", "pool", "rnn", "attention", "tied", "norm", "kinds"} {
		agreeWithPyTorch(t, "../../testdata/torch/"+file+".json", seen)
	}
	for _, d := range op.All() {
		for _, family := range []string{"conv", "pool", "zero_padding", "cropping", "sampling", "lstm", "gru", "rnn",
			"embedding", "attention", "tied", "group_norm",
			"subtract", "maximum", "minimum", "dot", "permute", "repeat_vector", "space", "unit_norm",
			"clip", "relu6", "quick_gelu"} {
			if strings.Contains(d.Kind.Name, family) && !seen[d.Kind.Name] {
				t.Errorf("no vectors for %s", d.Kind.Name)
			}
		}
	}
}

// agreeWithPyTorch compares with the vectors of a file, and notes the kinds that it has.
func agreeWithPyTorch(t *testing.T, file string, seen map[string]bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Kind, Attrs     string
		In, Out         []int
		N               int
		X, Y, DX, DY    []float64
		Params, DParams [][]float64
		Shapes          [][]int
		More            []struct { // inputs behind the first
			In    []int
			X, DX []float64
		}
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		seen[c.Kind] = true
		t.Run(fmt.Sprintf("%s_%d", c.Kind, i), func(t *testing.T) {
			def := op.All()[slices.IndexFunc(op.All(), func(d *op.Def) bool { return d.Kind.Name == c.Kind })]
			in := []ir.Shape{c.In}
			for _, m := range c.More {
				in = append(in, m.In)
			}
			l := layer(t, def, op.Case{In: in, Attrs: c.Attrs})
			if !l.Shape.Equal(c.Out) {
				t.Fatalf("%s: the output is %s, PyTorch has %v", c.Attrs, l.Shape, c.Out)
			}
			tensor := func(s ir.Shape, x []float64) op.Tensor {
				if x == nil {
					x = make([]float64, s.Size())
				}
				return op.Tensor{Shape: s, Data: x}
			}
			rows := func(s ir.Shape) ir.Shape { return append(ir.Shape{c.N}, s...) }
			call := &op.Call{
				Layer: l, N: c.N, Training: true, X: []op.Tensor{tensor(rows(c.In), c.X)}, Y: tensor(rows(l.Shape), nil),
				DX: []op.Tensor{tensor(rows(c.In), nil)}, DY: tensor(rows(l.Shape), c.DY),
			}
			for _, m := range c.More {
				call.X, call.DX = append(call.X, tensor(rows(m.In), m.X)), append(call.DX, tensor(rows(m.In), nil))
			}
			if len(l.Params) != len(c.Params) {
				t.Fatalf("%d parameters, PyTorch has %d", len(l.Params), len(c.Params))
			}
			for k, p := range l.Params {
				if !p.Shape.Equal(c.Shapes[k]) {
					t.Fatalf("%s is %s, PyTorch has %v", p.Name, p.Shape, c.Shapes[k])
				}
				call.P, call.DP = append(call.P, tensor(p.Shape, c.Params[k])), append(call.DP, tensor(p.Shape, nil))
			}
			l.Def.Forward(call)
			l.Def.Backward(call)
			compare := func(what string, got, want []float64) {
				for k := range want {
					if math.Abs(got[k]-want[k]) > 1e-12*math.Max(1, math.Abs(want[k])) {
						t.Fatalf("%s: %s[%d] is %v, PyTorch has %v", c.Attrs, what, k, got[k], want[k])
					}
				}
			}
			compare("y", call.Y.Data, c.Y)
			compare("dx", call.DX[0].Data, c.DX)
			for k, m := range c.More {
				compare(fmt.Sprintf("dx of input %d", k+1), call.DX[k+1].Data, m.DX)
			}
			for k, p := range l.Params {
				compare("d"+p.Name, call.DP[k].Data, c.DParams[k])
			}
		})
	}
}
