package audit

import (
	"maps"
	"strings"
	"testing"
)

// guarded are networks with a guard, and faults of it.
var guarded = []struct {
	spec    string
	changes []change
}{
	{"inputs:\n  - {name: a, shape: [6, 3]}\n  - {name: b, shape: [4]}\nlayers:\n" +
		"  - conv1d: {name: c, filters: 5, kernel_size: 3, " +
		"from: a}\n  - batch_norm\n  - activation: relu\n  - flatten: {name: f}\n  - dense: {name: d, units: 4, from: b, " +
		"activation: tanh}\n  - concatenate: {from: [f, d]}\n  - dropout: 0.2\n  - output: {name: y}\n", []change{
		{"guard.go", "guard.In(xA[:], m.guardLowA[:], m.guardHighA[:])", "guard.In(xA[:], m.guardHighA[:], m.guardLowA[:])"},
		{"guard.go", "r.And(xB[:]", "r.And(xA[:]"},
		{"guard.go", "\tr = r.And(xB[:], m.guardLowB[:], m.guardHighB[:])\n", ""},
		{"guard.go", "m.guardMean[:], m.guardWhiten[:]", "m.guardWhiten[:], m.guardMean[:]"},
		{"guard.go", "m.guardLimit[0])", "2*m.guardLimit[0])"},
		{"guard.go", "return m.guardRate[0]", "return m.guardLimit[0]"},
		{"guard.go", "if m == nil || !m.ready {\n\t\tpanic(\"m: Check", "if m == nil {\n\t\tpanic(\"m: Check"},
		{"guard.go", "m.Hidden(xA, xB, &h)", "m.Hidden(xA, xB, new([HiddenSize]float32))"},
		{"guard.go", "m.hidden1(xA, xB, h, &a)",
			"if xA[0] > 0 {\n\t\tm.hidden1(xA, xB, h, &a)\n\t\tm.hidden1(xA, xB, h, &a)\n\t}"},
		{"guard.go", "vec.Tanh(", "vec.ReLU("},
		{"guard.go", "h[20:], 24", "h[16:], 24"},
		{"guard.go", "const HiddenSize = 24", "const HiddenSize = 23"},
		{"m.go", "copy(m.guardLimit[:], w[", "copy(m.guardLimit[:], w[1+"},
	}},
	{"input: {name: x, shape: [8, 8, 3]}\nlayers:\n  - conv2d: {filters: 50, kernel_size: 3, activation: relu}\n" +
		"  - flatten\n" +
		"  - output: {name: y}\n", []change{
		{"guard.go", "pool.Average(", "pool.Max("},
		{"guard.go", "FH: 6", "FH: 5"},
		{"guard.go", "h[:], a.s1[:]", "h[:], x[:]"},
	}},
	{"input: {name: x, shape: [8]}\npreprocess: [standardize]\nlayers: [output: {name: y}]\n", []change{
		{"guard.go", "m.xStandardizeCenter[:], m.xStandardizeScale[:]", "m.xStandardizeScale[:], m.xStandardizeCenter[:]"},
	}},
	{"input: {name: x, shape: [8]}\nlayers: [output: {name: y}]\n", nil},
	{"input: {name: x, shape: [8]}\nlayers:\n  - embedding: {input_dim: 10, output_dim: 3}\n  - gru: {units: 4}\n" +
		"  - output: {name: y}\n",
		[]change{
			{"guard.go", "if !r.Within() {", "if r.Within() {"},
			{"guard.go", "lookup.Rows(8, 10, 3", "lookup.Rows(8, 9, 3"},
		}},
}

// TestGlobalPoolsInTimeHaveTheWindowOfAStep audits a global pool of each step, whose window is that of a step alone.
func TestGlobalPoolsInTimeHaveTheWindowOfAStep(t *testing.T) {
	out := network(t, "version: 1\nname: m\ntask: regression\ninput: {name: x, shape: [3, 4, 2]}\nlayers:\n"+
		"  - time_distributed: {layer: global_average_pool1d}\n  - flatten\n  - output\ntraining: {batch_size: 5}\n")
	r, err := Run(out.Net, out.Files)
	if err != nil || len(r.Findings) > 0 {
		t.Fatalf("%v, %v", r.Findings, err)
	}
	files := maps.Clone(out.Files)
	files["forward.go"] = []byte(strings.Replace(string(files["forward.go"]), "FW: 4", "FW: 3", 1))
	if r, err = Run(out.Net, files); err != nil || len(r.Findings) == 0 {
		t.Errorf("another window: nothing found, %v", err)
	}
}

// TestGuardsAreRead audits networks with a guard, as they are compiled and with faults.
func TestGuardsAreRead(t *testing.T) {
	for i, g := range guarded {
		out := network(t, "version: 1\nname: m\ntask: regression\n"+g.spec+
			"generate: {guard: true}\ntraining: {batch_size: 5, validation_split: 0.5}\n")
		r, err := Run(out.Net, out.Files)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			t.Errorf("%d: %s", i, f)
		}
		for _, want := range []string{"m.hidden1", "m.Model.Check", "m.Model.Hidden", "m.Model.FalseAlarms"} {
			if !strings.Contains(strings.Join(r.Functions, " ")+" ", want+" ") &&
				!strings.Contains(strings.Join(r.Functions, " "),
					strings.Replace(want, "m.hidden1", "m.Model.hidden1", 1)) {
				t.Errorf("%d: %s was not read, but %s", i, want, r.Functions)
			}
		}
		for _, c := range g.changes {
			files := maps.Clone(out.Files)
			changed := strings.Replace(string(files[c.file]), c.from, c.to, 1)
			if changed == string(files[c.file]) {
				t.Fatalf("%d: %s has no %q:\n%s", i, c.file, c.from, changed)
			}
			files[c.file] = []byte(changed)
			if r, err := Run(out.Net, files); err == nil && len(r.Findings) == 0 {
				t.Errorf("%d: %q in the place of %q: nothing found", i, c.to, c.from)
			}
		}
	}
}
