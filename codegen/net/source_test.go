package net_test

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// sourced has layers of blocks, whose names have dots, and all that is made from a layer of the spec.
const sourced = `version: 1
name: m
input: {name: x, shape: [8, 4]}
preprocess: [standardize]
task: multiclass
classes: 3
blocks:
  inner:
    - dense: {name: d, units: 4, activation: relu}
  stage:
    - inner: {name: i, repeat: 1}
    - dense: {name: d, units: UNITS, activation: tanh}
layers:
  - stage: {name: s, repeat: 2}
  - bidirectional: {name: bi, layer: {lstm: {units: 3, return_sequences: true}}}
  - lstm: {name: l, units: 2, return_state: true, return_sequences: true}
  - time_distributed: {name: t, layer: {dense: {units: 5, activation: relu}}}
  - flatten: {name: f}
  - inner: {name: last, repeat: 1}
  - output: {name: y}
generate: {guard: true}
training: {validation_split: 0.5}
`

// TestLayersKnowTheNameInTheSpec holds the source of each layer against the names of the spec.
func TestLayersKnowTheNameInTheSpec(t *testing.T) {
	n := buildText(t, strings.Replace(sourced, "UNITS", "6", 1))
	known := map[string]bool{"l.h": true, "l.c": true} // what `from` may name
	for _, in := range n.Spec.Inputs {
		known[in.Name] = true
	}
	for _, l := range n.Spec.Layers {
		known[l.Name] = true
	}
	want := map[string]string{
		"x.standardize": "x", "s.1.i.relu": "s.1.i", "s.tanh": "s", "s.1.tanh": "s.1", "bi.forward": "bi",
		"bi.backward": "bi",
		"t.relu":      "t", "last.relu": "last",
	}
	dotted := 0
	for _, l := range n.Layers {
		if !known[l.Source] {
			t.Errorf("layer %q: the spec has no %q; it has %v", l.Name, l.Source, known)
		}
		if strings.Contains(l.Source, ".") {
			dotted++
		}
		if s, ok := want[l.Name]; ok && s != l.Source {
			t.Errorf("layer %q is of %q, want %q", l.Name, l.Source, s)
		}
		delete(want, l.Name)
	}
	if dotted == 0 || len(want) > 0 {
		t.Errorf("%d sources have dots; there are no layers %v", dotted, want)
	}
}

// TestAGuardThatIsTooWideNamesTheLayerOfTheBlock looks for the whole name of a layer in a block.
func TestAGuardThatIsTooWideNamesTheLayerOfTheBlock(t *testing.T) {
	const text = `version: 1
name: m
input: {name: x, shape: [4]}
task: binary
blocks:
  stage:
    - dense: {name: wide, units: 4000, activation: relu}
    - dropout: {name: d, rate: 0.5}
layers:
  - stage: {name: s, repeat: 2}
  - output
generate: {guard: true}
training: {validation_split: 0.5}
`
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	_, problems = net.Build(s, nil)
	if err := problems.Err(); err == nil || !strings.Contains(err.Error(), `the last hidden layer, "s.2.wide", has 4000`) {
		t.Errorf("error %v, want one that names s.2.wide", err)
	}
}

// buildText returns the network of a spec.
func buildText(t *testing.T, text string) *net.Net {
	t.Helper()
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	n, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return n
}
