package ref

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestNetworksAgreeWithPyTorch compares the loss and all gradients of networks of several layers.
func TestNetworksAgreeWithPyTorch(t *testing.T) {
	type numbers struct{ X, DX []float64 }
	var cases []struct {
		Layers []string
		N      int
		Target []float64
		Loss   float64
		Inputs []struct {
			Name  string
			Shape []int
			numbers
		}
		Params map[string]numbers
	}
	b, err := os.ReadFile("../../testdata/torch/networks.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	compare := func(t *testing.T, what string, got, want []float64) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d numbers, PyTorch has %d", what, len(got), len(want))
		}
		for i, w := range want {
			if math.Abs(got[i]-w) > 1e-12*math.Max(1, math.Abs(w)) {
				t.Fatalf("%s[%d] is %v, PyTorch has %v", what, i, got[i], w)
			}
		}
	}
	for i, c := range cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			text := "version: 1\nname: m\ntask: regression\ninputs:\n"
			batch := Batch{N: c.N, Targets: [][]float64{c.Target}}
			for _, in := range c.Inputs {
				text += fmt.Sprintf("  - {name: %s, shape: %s}\n", in.Name, strings.ReplaceAll(fmt.Sprint(in.Shape), " ", ", "))
				batch.Inputs = append(batch.Inputs, in.X)
			}
			text += "layers:\n  - " + strings.Join(c.Layers, "\n  - ") + "\n"
			s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
			if problems.Err() != nil {
				t.Fatalf("%v\n%s", problems, text)
			}
			network, problems := net.Build(s, nil)
			if problems.Err() != nil {
				t.Fatalf("%v\n%s", problems, text)
			}
			n := New(network, 1)
			if len(network.Params) != len(c.Params) {
				t.Fatalf("%d parameters, PyTorch has %d", len(network.Params), len(c.Params))
			}
			for _, p := range network.Params {
				n.Params[p] = c.Params[p.Name].X
			}
			pass := n.Forward(batch, true, 0)
			compare(t, "the loss", []float64{n.Loss(batch, pass)}, []float64{c.Loss})
			grads := n.Backward(batch, pass)
			for i, in := range network.Inputs {
				compare(t, "d"+in.Name, grads.Values[in], c.Inputs[i].DX)
			}
			for _, p := range network.Params {
				if p.Role == ir.Trained {
					compare(t, "d"+p.Name, grads.Params[p], c.Params[p.Name].DX)
				}
			}
		})
	}
}
