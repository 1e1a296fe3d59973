package audit

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	series = "inputs:\n  - {name: x, shape: [6, 2]}\n"
	tokens = "inputs:\n  - {name: x, shape: [6]}\n"
)

// streams are networks that run step by step, and faults of their steps.
var streams = []struct {
	spec    string
	changes [][2]string // in step.go
}{
	{series + "layers: [lstm: {name: l, units: 3}, output: {units: 1}]", [][2]string{
		{"s.lH[:], s.lC[:]", "s.lC[:], s.lH[:]"},
		{"Apply(s.lH[:]", "Apply(s.lC[:]"},
		{"s.steps == 0", "s.steps == 1"},
		{"\ts.steps = 1\n", ""},
		{"\ts.steps = 1\n", "\ts.steps++\n"},
		{`{Name: "l.h", Shape: []int{3}, Data: s.lH[:]}`, `{Name: "l.h", Shape: []int{3}, Data: s.lC[:]}`},
		{"\t\t{Name: \"l.c\", Shape: []int{3}, Data: s.lC[:]},\n", ""},
		{"\tm.lCell.Step(s.steps == 0, s.lH[:], s.lC[:], x[:])\n", ""},
		{"StepInputSize  = 2", "StepInputSize  = 3"},
		{"n, a.s1[:n*3], s.lH[:], s.lC[:], x, nil", "n, a.s1[:n*3], s.lC[:], s.lH[:], x, nil"},
		{"m.lCell.Steps(s.steps == 0, n,", "m.lCell.Steps(s.steps == 0, 1,"},
		{"m.lCell.Steps(s.steps == 0,", "m.lCell.Steps(true,"},
		{"\t\t\ts.steps = 1\n", ""},
		{"s.block(m, r, x[:r*StepInputSize]", "s.block(m, r, x[r*StepInputSize:]"},
		{"\t\t\ty = y[r*StepOutputSize:]\n", ""},
		{"x = x[r*StepInputSize:]", "x = x[StepInputSize:]"},
		{"r := min(n, blockRows)", "r := min(n+1, blockRows)"},
		{"len(x) != n*StepInputSize || ", ""},
		{"x[i*StepInputSize:]", "x[0*StepInputSize:]"},
		{"n -= r", "n -= r + 1"},
	}},
	{series + "layers: [gru: {name: a, units: 2, return_sequences: true, reset_after: false}, dropout: {rate: 0.5}, " +
		"simple_rnn: {name: b, units: 2}, output: {units: 1}]", [][2]string{
		{"s.bH[:], s.aH[:]", "s.bH[:], x[:]"},
		{"s.bH[:], s.aH[:]", "s.aH[:], s.bH[:]"},
		{"m.bCell.Step", "m.aCell.Step"},
		{"m.bCell.Steps", "m.aCell.Steps"},
	}},
	{series + "layers: [conv1d: {name: c, filters: 3, kernel_size: 2, padding: causal, dilation_rate: 3, " +
		"activation: relu}, output: {units: 1}]", [][2]string{
		{"copy(s.cLast[:], s.cLast[2:])", "copy(s.cLast[:], s.cLast[4:])"},
		{"\tcopy(s.cLast[:], s.cLast[2:])\n", ""},
		{"\tcopy(s.cLast[6:], x[:])\n", ""},
		{"copy(s.cLast[6:], x[:])", "copy(s.cLast[4:], x[:])"},
		{"DW: 3", "DW: 2"},
		{"PL: 0", "PL: 1"},
		{"cLast [4 * 2]float32", "cLast [5 * 2]float32"},
		{"a.s1[:n*3], s.cLast[:], x,", "a.s1[:n*3], nil, x,"},
		{"a.s1[:n*3], s.cLast[:], x,", "a.s1[:n*3], s.cLast[2:], x,"},
		{"\tconv.StepsPacked(n, ", "\tconv.StepsPacked(1, "},
	}},
	{tokens + "layers: [embedding: {name: e, input_dim: 9, output_dim: 2}, positional_encoding: {name: p}, " +
		"gru: {name: g, units: 3}, output: {units: 1}]", [][2]string{
		{"int(s.steps)*2:", "int(s.steps)*1:"},
		{"[int(s.steps)*2:][:2]", "[:2]"},
		{"\ts.steps++\n", "\ts.steps = 1\n"},
		{"s.steps == 6", "s.steps == 7"},
		{"lookup.InTable(x[:], 9)", "lookup.InTable(x[:], 10)"},
		{"lookup.Rows(1, 9, 2", "lookup.Rows(1, 8, 2"},
		{"[int(s.steps)*2:][:n*2]", "[:n*2]"},
		{"[int(s.steps)*2:][:n*2]", "[int(s.steps):][:n*2]"},
		{"s.steps += int32(r)", "s.steps = 1"},
		{"n > 6-int(s.steps)", "n > 7-int(s.steps)"},
		{"lookup.Rows(n, 9, 2", "lookup.Rows(n, 8, 2"},
	}},
	{"inputs:\n  - {name: x, shape: [6, 2]}\n  - {name: keep, shape: [6]}\n  - {name: z, shape: [5]}\n" +
		"layers: [gru: {name: a, units: 3, from: [x, keep]}, concatenate: {from: [a, z]}, output: {units: 1}]",
		[][2]string{
			{"xKeep[0] > 0.5", "xZ[0] > 0.5"},
			{"s.aH[:], xX, xKeep)", "s.aH[:], xX, nil)"},
			{"s.aH[:], xX, xKeep)", "s.aH[:], xX, xX[:n])"},
			{"xKeep[0] > 0.5", "xKeep[0] > 0.6"},
			{"8, xZ[:], 5", "8, xX[:], 5"},
		}},
	{tokens + "layers: [padding_mask: {name: keep}, embedding: {name: e, input_dim: 9, output_dim: 2, from: x}, " +
		"lstm: {name: a, units: 3, from: [e, keep]}, output: {units: 1}]", [][2]string{
		{"a.s1[0] > 0.5", "a.s2[0] > 0.5"},
	}},
	{series + "layers: [multi_head_attention: {name: a, num_heads: 1, key_dim: 3, causal: true}, output: {units: 1}]",
		[][2]string{
			{"s.aKeys[:], s.aValues[:]", "s.aKeys[:], s.aKeys[:]"},
			{"s.aKeys[:], s.aValues[:]", "s.aValues[:], s.aKeys[:]"},
			{"attention.Step(int(s.steps)", "attention.Step(0"},
			{"TQ: 6, TK: 6", "TQ: 6, TK: 5"},
			{"attention.Steps(int(s.steps), n,", "attention.Steps(0, n,"},
			{"attention.Steps(int(s.steps), n,", "attention.Steps(int(s.steps), 1,"},
			{"\ts.steps++\n", ""},
		}},
	{tokens + "layers: [padding_mask: {name: keep}, embedding: {name: e, input_dim: 9, output_dim: 2, from: x}, " +
		"multi_head_attention: {name: a, num_heads: 1, causal: true, from: [e, keep]}, output: {units: 1}]", [][2]string{
		{"s.aKept[:]", "s.aKeys[:6]"},
	}},
	{series + "layers: [dense: {name: a, units: 3}, batch_norm, gru: {name: b, units: 3, return_sequences: true}, " +
		"add: {from: [a, b]}, layer_norm, output: {units: 1}]", [][2]string{
		{"a.s1[:], s.bH[:]", "a.s2[:], s.bH[:]"},
	}},
	{"inputs:\n  - {name: x, shape: [6, 2]}\npreprocess: [standardize]\nlayers: [conv1d: {name: c, filters: 3, " +
		"kernel_size: 3, padding: causal, activation: relu}, cropping1d: {cropping: [5, 0]}, flatten, output: {units: 1}]",
		[][2]string{
			{"\tvec.Sub(", "\tvec.Mul("},
			{"Center[int(s.steps)*2:][:n*2]", "Scale[int(s.steps)*2:][:n*2]"},
			{"Center[int(s.steps)*2:][:n*2]", "Center[:n*2]"},
		}},
	{"inputs:\n  - {name: x, shape: [6, 2]}\npreprocess: [{rescale: {scale: 0.5}}]\nlayers: [gru: {name: g, units: 3}, " +
		"output: {units: 1}]", [][2]string{
		{"Center[:2]", "Center[2:4]"},
	}},
	{series + "layers: [conv1d: {name: c, filters: 30, kernel_size: 3, padding: causal}, batch_norm, relu, " +
		"simple_rnn: {name: r, units: 3}, output: {task: multiclass, units: 4}]", [][2]string{
		{"\tvec.Softmax(", "\tvec.Tanh("},
	}},
}

// TestAStepWithoutASequenceIsFound: a Step written by hand has no sequence to go along if the network has none.
func TestAStepWithoutASequenceIsFound(t *testing.T) {
	out := network(t, "version: 1\nname: m\ntask: regression\ninputs:\n  - {name: x, shape: [4]}\nlayers: [output]\n")
	files := maps.Clone(out.Files)
	files["step.go"] = []byte("package m\n\ntype State struct {\n\taKeys [6]float32\n}\n\n" +
		"func (s *State) Step(m *Model, x *[4]float32) {\n\t// y: 4 → 1\n" +
		"\tattention.Step(int(s.steps), attention.Geometry{Heads: 1, Dim: 1, TQ: 1, TK: 1}, s.aKeys[:], s.aKeys[:], " +
		"s.aKeys[:], x[:], x[:], x[:], nil, nil)\n}\n")
	r, err := Run(out.Net, files)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 1 || r.Findings[0].Text != "there is a Step, but the network has no sequence" {
		t.Errorf("findings %v", r.Findings)
	}
}

// TestStepsPass audits the steps of streams, and finds each fault in them.
func TestStepsPass(t *testing.T) {
	for _, c := range streams {
		out := network(t, "version: 1\nname: m\ntask: regression\n"+c.spec+"\ntraining: {batch_size: 5}\n")
		r, err := Run(out.Net, out.Files)
		if err != nil {
			t.Fatalf("%s: %v", c.spec, err)
		}
		for _, f := range r.Findings {
			t.Errorf("%s: %s\n%s", c.spec, f, out.Files["step.go"])
		}
		if !slices.Contains(r.Functions, "m.State.Step") || !slices.Contains(r.Functions, "m.State.tensors") ||
			!slices.Contains(r.Functions, "m.State.StepBlock") || !slices.Contains(r.Functions, "m.State.block") {
			t.Errorf("%s: only %v were read", c.spec, r.Functions)
		}
		for _, m := range c.changes {
			files := maps.Clone(out.Files)
			changed := strings.Replace(string(files["step.go"]), m[0], m[1], 1)
			if changed == string(files["step.go"]) {
				t.Fatalf("step.go has no %q:\n%s", m[0], changed)
			}
			files["step.go"] = []byte(changed)
			if r, err := Run(out.Net, files); err != nil || len(r.Findings) == 0 {
				t.Errorf("%s: %q in the place of %q passes, %v", c.spec, m[1], m[0], err)
			}
		}
	}
}
