package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
)

// streams are networks that run step by step: their input, and their layers.
var streams = []struct{ input, layers string }{
	{"inputs: [{name: x, shape: [7, 2]}]",
		"conv1d: {filters: 5, kernel_size: 3, dilation_rate: 2, padding: causal, activation: relu}|conv1d: {filters: 20, " +
			"kernel_size: 1, padding: causal, activation: leaky_relu}|gru: {units: 4}"},
	{"inputs: [{name: x, shape: [7, 4]}]",
		"conv1d: {filters: 6, kernel_size: 4, groups: 2, padding: causal, use_bias: false}|layer_norm|conv1d: {filters: " +
			"3, kernel_size: 2, padding: causal, activation: gelu}|dense: {units: 3}"},
	{"inputs: [{name: x, shape: [9, 2]}, {name: keep, shape: [9]}]",
		"lstm: {name: a, from: [x, keep], units: 5, return_sequences: true}|simple_rnn: {name: b, from: [a, keep], units: " +
			"17, return_sequences: true}|gru: {from: [b, keep], units: 4, reset_after: false}"},
	{"inputs: [{name: x, shape: [7, 3]}]\npreprocess: [{rescale: {scale: 0.5, offset: -1}}]",
		"gru: {units: 6, return_sequences: true}|batch_norm|lstm: {units: 3, use_bias: false}"},
	{"inputs: [{name: x, shape: [7, 3]}]\npreprocess: [standardize]",
		"simple_rnn: {units: 6, return_sequences: true}|dense: {units: 4, activation: tanh}"},
	{"inputs: [{name: x, shape: [6, 2]}, {name: z, shape: [5]}]",
		"gru: {name: a, from: x, units: 3}|concatenate: {from: [a, z]}"},
	{"inputs: [{name: x, shape: [8]}]",
		"padding_mask: {name: keep}|embedding: {name: e, from: x, input_dim: 9, output_dim: 6}|positional_encoding: " +
			"{name: p, from: e, encoding: learned}|multi_head_attention: {num_heads: 2, causal: true, from: [p, " +
			"keep]}|dense: {units: 3, activation: silu}"},
	{"inputs: [{name: x, shape: [8, 4]}]",
		"positional_encoding: {encoding: sinusoidal}|multi_head_attention: {name: a, num_heads: 1, causal: true}|add: " +
			"{from: [x, a]}|conv1d: {filters: 4, kernel_size: 3, padding: causal}|gru: {units: 3, return_sequences: " +
			"true}|softmax"},
	{"inputs: [{name: x, shape: [5, 6]}]",
		"gru: {units: 3, return_sequences: true}|prelu|flatten|batch_norm|reshape: {target_shape: [5, 3]}|dense: {units: 2}"},
	{"inputs: [{name: x, shape: [6, 2]}, {name: z, shape: [6, 3]}]",
		"lstm: {name: a, from: x, units: 3, return_sequences: true}|gru: {name: b, from: z, units: 3, return_sequences: " +
			"true}|multiply: {from: [a, b]}"},
	{"inputs: [{name: x, shape: [12, 1]}]",
		"conv1d: {filters: 8, kernel_size: 4, padding: causal, activation: relu}|cropping1d: {cropping: [11, 0]}|flatten"},
}

// TestStreamsAgreeInBlocks verifies networks that run step by step, all but one of which have a form for blocks: each
// way in which the layers of a block carry their state, and in which they read numbers that belong to steps.
func TestStreamsAgreeInBlocks(t *testing.T) {
	var subjects []*Subject
	whole := 0
	for i, c := range streams {
		s := load(t, fmt.Sprintf("stream_%d.yaml", i), fmt.Appendf(nil,
			"version: 1\nname: m\ntask: regression\n%s\nlayers:\n  - %s\n  - output: {units: 2}\ntraining: {batch_size: 4}\n"+
				"generate: {stream: always}\n",
			c.input, strings.ReplaceAll(c.layers, "|", "\n  - ")))
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", PlanOnly: true})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if out.Block == nil {
			whole++
		}
		subjects = append(subjects, &Subject{Spec: s})
	}
	if whole != 1 {
		t.Errorf("%d networks have no form for blocks, want 1, that with a norm of all steps", whole)
	}
	for _, r := range check(t, subjects, Options{Seed: 3, Steps: 2}) {
		for _, prefix := range []string{"StepBlock ", "StepBlock of many steps "} {
			if !slices.ContainsFunc(r.Tensors, func(x *Tensor) bool {
				return x.Kind == Bits && strings.HasPrefix(x.Name, prefix) && x.Elements > 0
			}) {
				t.Errorf("%s: nothing is compared of %s", r.Name, prefix)
			}
		}
	}
}
