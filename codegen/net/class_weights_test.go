package net_test

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

func TestWeightsAndSharesOfClassesNeedClasses(t *testing.T) {
	const two = "  - output: {name: price, from: x, task: regression}\n  - output: {name: kind, from: x, task: multiclass, units: 3}\n"
	for _, c := range []struct{ layers, more, want string }{
		{"  - output: {name: price, task: regression}\n", "training: {class_weights: {x: 50}}\n", `the output "price" has no classes`},
		{two, "training: {class_weights: {x: 50}}\n", "all 2 outputs"},
		{"  - output: {name: kind, task: multiclass, units: 3}\n", "training: {class_weights: {\"7\": 50}}\n", `the output "kind" has no class "7"`},
		{"  - output: {name: kind, task: multiclass, units: 3}\n", "training: {class_weights: {\"2\": 50}}\n", ""},
		{"  - output: {name: price, task: regression}\n", "data: {train: {csv: a.csv}, test_split: 0.2, stratify: true}\n", "no output has one class for each example"},
		{two, "data: {train: {csv: a.csv}, test_split: 0.2, stratify: true}\n", ""},
	} {
		src := "version: 1\nname: m\ninput: {name: x, shape: [4]}\nlayers:\n" + c.layers + c.more
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatalf("%v\n%s", problems, src)
		}
		_, problems = net.Build(s, nil)
		if err := problems.Err(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(problems.Error(), c.want) {
			t.Errorf("%s\ngives %v, want %q", src, problems, c.want)
		}
	}
}
