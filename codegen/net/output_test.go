package net_test

import (
	"fmt"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestPoissonIsWarnedOfOutputsBelow0AndOfNoOthers has activations of both kinds.
func TestPoissonIsWarnedOfOutputsBelow0AndOfNoOthers(t *testing.T) {
	for act, warned := range map[string]bool{"exp": false, "softplus": false, "relu": false, "relu6": false,
		"square": false,
		"linear": true, "tanh": true, "elu": true, "gelu": true} {
		s, list := spec.Parse("m.yaml", fmt.Appendf(nil, `version: 1
name: m
input: {shape: [2]}
layers:
  - output: {task: regression, activation: %s, loss: poisson, standardize: false}
`, act), op.Schema())
		if s == nil {
			t.Fatal(list)
		}
		_, list = net.Build(s, nil)
		found := false
		for _, p := range list {
			found = found || p.Code == "unlikely-pair"
		}
		if found != warned || list.Err() != nil {
			t.Errorf("%s: %v", act, list)
		}
	}
}
