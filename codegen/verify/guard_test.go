package verify

import (
	"context"
	"math"
	"slices"
	"testing"
)

// guarded are networks whose guards look at a dense layer, at channels behind a convolution, at tokens and at two
// inputs.
var guarded = []string{`
input: {name: x, shape: [3]}
layers: [dense: {units: 6, activation: tanh}, dropout: 0.1, output: {task: regression}]
`, `
input: {name: x, shape: [12, 24, 1]}
layers: [conv2d: {filters: 4, kernel_size: 3}, batch_norm, relu, flatten, output: {task: regression}]
`, `
input: {name: x, shape: [4], tokens: {column: text, words: 6}}
layers: [embedding: {output_dim: 4}, global_average_pool1d, dense: {units: 3, activation: relu}, output: {task: regression}]
`, `
inputs: [{name: left, shape: [3]}, {name: right, shape: [2]}]
layers: [dense: {name: a, from: left, units: 4}, dense: {name: b, from: right, units: 4}, add: {from: [a, b]}, output: {task: regression}]
`}

// TestGuardsAgreeWithTheReference compares what guards say with the reference, and then what they did not say.
func TestGuardsAgreeWithTheReference(t *testing.T) {
	var subjects []*Subject
	for _, text := range guarded {
		subjects = append(subjects, &Subject{Spec: load(t, "guarded.yaml",
			[]byte("version: 1\nname: m\ngenerate: {guard: true}\ntraining: {batch_size: 8}\n"+text[1:]))})
	}
	var cases []*testCase
	results, err := runScripts(context.Background(), subjects, Options{Seed: 4, Steps: 4}, func(c *testCase) {
		cases = append(cases, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer results.close()
	for i, c := range cases {
		res := results.of[i][0]
		said := func(what string, want bool) {
			t.Helper()
			r := &Report{}
			c.checkGuard(r, res)
			if r.OK() != want || len(r.Tensors) == 0 {
				t.Errorf("%s: %s: OK is %t, want %t: %+v", guarded[i], what, r.OK(), want, r.Tensors)
			}
		}
		said("as it is", true)
		inside := slices.IndexFunc(res.Verdicts, func(v verdict) bool { return v.Outside < 0 })
		outside := slices.IndexFunc(res.Verdicts, func(v verdict) bool { return v.Outside >= 0 })
		if inside < 0 || outside < 0 {
			t.Fatalf("%s: no example inside of all ranges, or none outside: %+v", guarded[i], res.Verdicts)
		}
		v := &res.Verdicts[inside]
		for what, change := range map[string]func(){
			"a distance that is 0.1 % longer": func() { v.Distance *= 1.001 },
			"no distance":                     func() { v.Distance = float32(math.NaN()) },
			"the opposite":                    func() { v.Unlike = !v.Unlike },
			"a number that is inside":         func() { v.Outside = 0 },
			"another limit":                   func() { v.Limit *= 1.5 },
			"another feature":                 func() { v.Features = slices.Clone(v.Features); v.Features[0] += 0.01 },
			"one more example":                func() { res.Drift.Examples++ },
			"another number":                  func() { res.Drift.Outside = slices.Clone(res.Drift.Outside); res.Drift.Outside[0]++ },
		} {
			verdicts, drift, was := slices.Clone(res.Verdicts), res.Drift, *v
			change()
			said(what, false)
			*v, res.Verdicts, res.Drift = was, verdicts, drift
			v = &res.Verdicts[inside]
		}
	}
}
