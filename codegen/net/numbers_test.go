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
task: regression
input: {shape: [2]}
preprocess: [{rescale: {scale: %s, offset: %s}}]
layers:
  - dense: {units: 2, kernel_initializer: {constant: {value: %s}}, kernel_regularizer: {l2: %s}, activation: {leaky_relu: {negative_slope: %s}}}
  - layer_norm: {epsilon: %s}
  - output: {units: 1}
optimizer: {adam: {eps: %s}}
schedule: {exponential: {gamma: %s}}
training: {kernel_regularizer: {l1: %s}, clip_norm: %s}
`
	numbers := []any{"0.5", "1", "2", "0.1", "0.2", "1e-3", "1e-8", "0.9", "0.1", "3"}
	names := []string{"scale", "offset", "value", "factor", "negative_slope", "epsilon", "eps",
		"gamma", "factor", "clip_norm"}
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
	tiny := append([]any{}, numbers...)
	tiny[0], tiny[1] = "1e-15", "1e15"
	if list := problems(tiny); list.Err() == nil {
		t.Error("an offset of 1e15 by a scale of 1e-15: no error")
	}
}
