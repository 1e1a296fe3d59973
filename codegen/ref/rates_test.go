package ref

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestRatesOfLayersAgreeWithPyTorch compares updates with a factor of the learning rate and a clipped norm with those
// of AdamW with two groups of parameters.
func TestRatesOfLayersAgreeWithPyTorch(t *testing.T) {
	b, err := os.ReadFile("../../testdata/torch/training.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Groups struct {
			W        []float64
			G, Steps [][]float64
		}
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	s, problems := spec.Parse("m.yaml", []byte(`version: 1
name: m
task: regression
input: {shape: [2]}
layers:
  - dense: {units: 2, use_bias: false, lr_factor: 0.1}
  - output: {use_bias: false}
optimizer: {adamw: {lr: 0.05, weight_decay: 0.1}}
training: {clip_norm: 1.5}
`), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	w, state := v.Groups.W, map[string][]float64{}
	for _, name := range op.OptimizerByName(s.Optimizer.Kind).Kept(s.Optimizer) {
		state[name] = make([]float64, len(w))
	}
	for k, g := range v.Groups.G {
		UpdateParams(network, w, g, state, k+1, s.Optimizer.Float("lr"))
		for i, want := range v.Groups.Steps[k] {
			if math.Abs(w[i]-want) > 1e-12 {
				t.Errorf("step %d: number %d is %v, PyTorch has %v", k+1, i, w[i], want)
			}
		}
	}
}
