package net_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestNumbersThatFloat32CannotHoldAreErrors writes such numbers wherever a number may stand.
func TestNumbersThatFloat32CannotHoldAreErrors(t *testing.T) {
	const src = `version: 1
name: m
task: multiclass
classes: [a, b]
input: {shape: [2]}
preprocess: [{rescale: {scale: %s, offset: %s}}]
layers:
  - dense: {units: 2, kernel_initializer: {constant: {value: %s}}, kernel_regularizer: {l2: %s}, activation: {leaky_relu: {negative_slope: %s}}}
  - layer_norm: {epsilon: %s}
  - dense: {units: 2, lr_factor: %s}
  - output: {units: 2}
optimizer: {adam: {eps: %s}}
schedule: {exponential: {gamma: %s}}
training: {kernel_regularizer: {l1: %s}, clip_norm: %s, class_weights: {b: %s}}
`
	numbers := []any{"0.5", "1", "2", "0.1", "0.2", "1e-3", "0.1", "1e-8", "0.9", "0.1", "3", "7"}
	names := []string{"scale", "offset", "value", "factor", "negative_slope", "epsilon", "lr_factor", "eps",
		"gamma", "factor", "clip_norm", `weight of "b"`}
	problems := func(numbers []any) spec.ErrorList {
		s, list := spec.Parse("m.yaml", fmt.Appendf(nil, src, numbers...), op.Schema())
		if s != nil {
			_, list = net.Build(s, nil)
		}
		return list
	}
	if list := problems(numbers); list.Err() != nil {
		t.Fatal(list)
	}
	for i, name := range names {
		for _, bad := range []string{"1e-300", "1e-40", "1e38", "1e300", "4e-46"} {
			with := append([]any{}, numbers...)
			with[i] = bad
			list := problems(with)
			if list.Err() == nil {
				t.Errorf("%s is %s: no error", name, bad)
				continue
			}
			for _, p := range list {
				if p.Pos.Line == 0 || !strings.Contains(p.Msg, name) {
					t.Errorf("%s is %s: %v", name, bad, p)
				}
			}
		}
	}
	own := strings.Replace(src, "class_weights: {b: %s}", "clip_value: %s", 1)
	own = fmt.Sprintf(strings.Replace(own, "output: {units: 2}", "output: {units: 2, class_weights: {b: 1e-300}}", 1),
		numbers...)
	_, list := spec.Parse("m.yaml", []byte(own), op.Schema())
	if len(list) != 1 || list[0].Pos.Line == 0 || !strings.Contains(list[0].Msg, `weight of "b" is 1e-300`) {
		t.Errorf("class weights of an output: %v", list)
	}
	tiny := append([]any{}, numbers...)
	tiny[0], tiny[1] = "1e-15", "1e15"
	if list := problems(tiny); list.Err() == nil {
		t.Error("an offset of 1e15 by a scale of 1e-15: no error")
	}
}

// TestNumbersThatRoundToABoundAreErrors writes numbers below 1 that are 1 as a float32 where 1 is out of range, and the
// largest that are not.
func TestNumbersThatRoundToABoundAreErrors(t *testing.T) {
	for _, src := range []string{
		"optimizer: {adam: {betas: [%s, 0.5]}}\nlayers: [output]\n",
		"optimizer: {momentum: {momentum: %s}}\nlayers: [output]\n",
		"training: {ema: {decay: %s}}\nlayers: [output]\n",
		"layers: [{dropout: {rate: %s}}, output]\n",
		"layers: [{output: {quantiles: [0.5, %s]}}]\n",
	} {
		for number, fine := range map[string]bool{"0.99999999": false, "0.9999999": true} {
			text := fmt.Appendf(nil, "version: 1\nname: m\ninput: {shape: [2]}\ntask: regression\n"+src, number)
			s, list := spec.Parse("m.yaml", text, op.Schema())
			if s != nil && list.Err() == nil {
				_, list = net.Build(s, nil)
			}
			want := "less than 1 as a float32, which " + number + " is not"
			if fine != (list.Err() == nil) || !fine && !strings.Contains(list.Error(), want) {
				t.Errorf("%s: %v", text, list.Err())
			}
		}
	}
}
