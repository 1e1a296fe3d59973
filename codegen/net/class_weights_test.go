package net_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

func TestWeightsAndSharesOfClassesNeedClasses(t *testing.T) {
	const two = "  - output: {name: price, from: x, task: regression}\n" +
		"  - output: {name: kind, from: x, task: multiclass, units: 3}\n"
	for _, c := range []struct{ layers, more, want string }{
		{"  - output: {name: price, task: regression}\n", "training: {class_weights: {x: 50}}\n", `no output has classes`},
		{two, "training: {class_weights: {x: 50}}\n", `the output "kind" has no class "x"`},
		{two, "training: {class_weights: {\"1\": 50}}\n", ""},
		{"  - output: {name: a, from: x, task: binary}\n  - output: {name: b, from: x, task: binary}\n",
			"training: {class_weights: {\"1\": 50}}\n", `2 have classes: "a" and "b"`},
		{"  - output: {name: a, from: x, task: binary, class_weights: {\"1\": 2}}\n" +
			"  - output: {name: b, from: x, task: binary}\n", "", ""},
		{"  - output: {name: a, from: x, task: binary, class_weights: {\"1\": 2}}\n",
			"training: {class_weights: {\"1\": 50}}\n", "of the training too"},
		{"  - output: {name: a, from: x, task: binary, class_weights: {yes: 2}}\n", "", `has no class "yes"`},
		{"  - output: {name: a, from: x, task: regression, class_weights: {\"1\": 2}}\n", "",
			`the output "a" has no classes`},
		{"  - output: {name: a, from: x, task: binary, units: 2, class_weights: {\"1\": 2}}\n", "",
			`the output "a" has no classes`},
		{"  - output: {name: kind, task: multiclass, units: 3}\n", "training: {class_weights: {\"7\": 50}}\n",
			`the output "kind" has no class "7"`},
		{"  - output: {name: kind, task: multiclass, units: 3}\n", "training: {class_weights: {\"2\": 50}}\n", ""},
		{"  - output: {name: price, task: regression}\n", "training: {class_weights: balanced}\n", `no output has classes`},
		{two, "training: {class_weights: balanced}\n", ""},
		{"  - output: {name: a, from: x, task: binary}\n  - output: {name: b, from: x, task: binary}\n",
			"training: {class_weights: balanced}\n", `2 have classes: "a" and "b"`},
		{"  - output: {name: a, from: x, task: binary, class_weights: balanced}\n" +
			"  - output: {name: b, from: x, task: binary}\n", "", ""},
		{"  - output: {name: a, from: x, task: binary, class_weights: balanced}\n",
			"training: {class_weights: {\"1\": 50}}\n", "of the training too"},
		{"  - output: {name: a, from: x, task: binary, class_weights: {\"1\": 2}}\n",
			"training: {class_weights: balanced}\n", "of the training too"},
		{"  - output: {name: a, from: x, task: binary, units: 2, class_weights: balanced}\n", "",
			`the output "a" has no classes`},
		{"  - output: {name: price, task: regression}\n", "data: {train: {csv: a.csv}, test_split: 0.2, stratify: true}\n",
			"no output has one class for each example"},
		{two, "data: {train: {csv: a.csv}, test_split: 0.2, stratify: true}\n", ""},
		{"  - reshape: {target_shape: [2, 2]}\n  - output: {name: kind, task: multiclass, units: 3}\n",
			"training: {class_weights: {\"1\": 50}}\n", ""},
	} {
		src := "version: 1\nname: m\ninput: {name: x, shape: [4]}\nlayers:\n" + c.layers + c.more
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatalf("%v\n%s", problems, src)
		}
		_, problems = net.Build(s, nil)
		if err := problems.Err(); (err == nil) != (c.want == "") || err != nil &&
			!strings.Contains(fmt.Sprint(problems), c.want) {
			t.Errorf("%s\ngives %v, want %q", src, problems, c.want)
		}
	}
}

// TestClassesAreWeighedByName has names of classes, and weights of some.
func TestClassesAreWeighedByName(t *testing.T) {
	src := "version: 1\nname: m\ninput: {name: x, shape: [4]}\ntask: multiclass\nclasses: [cat, dog, cow]\n" +
		"layers: [output]\n" +
		"training: {class_weights: {cow: 3, cat: 0.5}}\n"
	s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	n, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	if got := fmt.Sprint(n.Outputs[0].ClassWeights); got != "[0.5 1 3]" {
		t.Errorf("weights of cat, dog and cow: %s", got)
	}
}
