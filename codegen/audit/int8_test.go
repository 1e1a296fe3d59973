package audit

import (
	"maps"
	"strings"
	"testing"
)

// aware are networks whose training rounds as 8-bit integers do, and faults of it.
var aware = []struct {
	spec    string
	changes []change
}{
	{"version: 1\nname: m\ninput: {name: x, shape: [7, 6, 2]}\nlayers:\n" +
		"  - conv2d: {name: c, filters: 5, kernel_size: 3, padding: same, use_bias: false}\n  - batch_norm\n  - relu6\n" +
		"  - depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2, activation: relu}\n  - max_pool2d: 2\n" +
		"  - dropout: {rate: 0.2}\n  - flatten\n  - dense: {name: a, units: 12, activation: relu}\n  - dense: {name: b, units: 12}\n" +
		"  - add: {from: [a, b]}\n  - dense: {name: d, units: 6, activation: tanh}\n  - output: {name: y, task: multiclass, units: 3}\n" +
		"quantize: {aware: true}\ntraining: {batch_size: 300}\n", nil},
	{"version: 1\nname: m\ninput: {name: x, shape: [10, 3]}\nlayers:\n  - conv1d: {filters: 6, kernel_size: 3, padding: causal}\n" +
		"  - lstm: {name: r, units: 4}\n  - dense: {name: e, units: 9}\n  - output: {name: y, task: regression}\n" +
		"quantize: {aware: true, skip: [r, e], freeze: 2}\ntraining: {batch_size: 8}\n", nil},
	{"version: 1\nname: m\ninput: {name: x, shape: [9]}\nlayers:\n  - dense: {name: h, units: 8, activation: relu}\n" +
		"  - dense: {name: k, units: 8}\n  - output: {name: y, task: regression}\nquantize: {aware: true}\ntraining: {batch_size: 8}\n",
		[]change{
			{"mtrain/gradient.go", "quant.FakeWeights(8, a.s2[:], p.HW[:])", ""},
			{"mtrain/gradient.go", "quant.FakeWeights(8, a.s2[:], p.HW[:])", "quant.FakeWeights(9, a.s2[:], p.HW[:])"},
			{"mtrain/gradient.go", "quant.FakeWeights(8, a.s2[:], p.HW[:])", "quant.FakeWeights(8, a.s2[:64], p.KW[:])"},
			{"mtrain/gradient.go", "quant.FakeWeights(8, a.s2[:], p.HW[:])", "quant.FakeWeights(8, a.s2[:])"},
			{"mtrain/gradient.go", "a.s1[:n*9], 9, a.s2[:], 8,", "a.s1[:n*9], 9, p.HW[:], 8,"},
			{"mtrain/gradient.go", "a.s1[:n*9], 9, a.s2[:], 8,", "x, 9, a.s2[:], 8,"},
			{"mtrain/gradient.go", "p.Stats.XFakeQuantRange[:], 0.01, 0)", "p.Stats.HReluFakeQuantRange[:], 0.01, 0)"},
			{"mtrain/gradient.go", "p.Stats.XFakeQuantRange[:], 0.01, 0)", "p.Stats.XFakeQuantRange[:], 0.02, 0)"},
			{"mtrain/gradient.go", "\tquant.FakeGrad(", "\tquant.FakeTrain("},
			{"mtrain/evaluate.go", "p.HW[:]", "p.KW[:]"},
		}},
}

// TestTrainingThatRoundsIsRead audits networks whose training rounds, and finds each fault.
func TestTrainingThatRoundsIsRead(t *testing.T) {
	for _, c := range aware {
		out := network(t, c.spec)
		faulty(t, func(files map[string][]byte) (*Report, error) { return Run(out.Net, files) }, out.Files, c.changes)
	}
}

// faulty audits files as they are, which must be right, and with each change, which must be found.
func faulty(t *testing.T, audit func(files map[string][]byte) (*Report, error), files map[string][]byte, changes []change) {
	t.Helper()
	r, err := audit(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		t.Errorf("%s", f)
	}
	for _, m := range changes {
		changed := strings.Replace(string(files[m.file]), m.from, m.to, 1)
		if changed == string(files[m.file]) {
			t.Fatalf("%s has no %q:\n%s", m.file, m.from, changed)
		}
		all := maps.Clone(files)
		all[m.file] = []byte(changed)
		if r, err := audit(all); err == nil && len(r.Findings) == 0 {
			t.Errorf("%s: %q in the place of %q is not found", m.file, m.to, m.from)
		}
	}
}
