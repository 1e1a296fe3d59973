package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/spec"
)

// aware are networks whose training rounds as 8-bit integers do, and faults of it.
var aware = []struct {
	spec    string
	changes []change
}{
	{"version: 1\nname: m\ninput: {name: x, shape: [7, 6, 2]}\nlayers:\n" +
		"  - conv2d: {name: c, filters: 5, kernel_size: 3, padding: same, use_bias: false}\n  - batch_norm\n  - relu6\n" +
		"  - depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2, activation: relu}\n  - max_pool2d: 2\n" +
		"  - dropout: {rate: 0.2}\n  - flatten\n  - dense: {name: a, units: 12, activation: relu}\n" +
		"  - dense: {name: b, units: 12}\n" +
		"  - add: {from: [a, b]}\n  - dense: {name: d, units: 6, activation: tanh}\n" +
		"  - output: {name: y, task: multiclass, units: 3}\n" +
		"quantize: {aware: true}\ntraining: {batch_size: 300}\n", nil},
	{"version: 1\nname: m\ninput: {name: x, shape: [10, 3]}\nlayers:\n" +
		"  - conv1d: {filters: 6, kernel_size: 3, padding: causal}\n" +
		"  - lstm: {name: r, units: 4}\n  - dense: {name: e, units: 9}\n  - output: {name: y, task: regression}\n" +
		"quantize: {aware: true, skip: [r, e], freeze: 2}\ntraining: {batch_size: 8}\n", nil},
	{"version: 1\nname: m\ninput: {name: x, shape: [9]}\nlayers:\n  - dense: {name: h, units: 8, activation: relu}\n" +
		"  - dense: {name: k, units: 8}\n  - output: {name: y, task: regression}\nquantize: {aware: true}\n" +
		"training: {batch_size: 8}\n",
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

// intSpecs are networks of every kind of unit of package quant, and one with a path in float32 beside a rectifier in
// integers, as nngen init writes for tables: the rectifier's paragraph only converts.
var intSpecs = append(slices.Clone(plantest.Int8Specs),
	"input: {name: x, shape: [9]}\npreprocess: [standardize]\nlayers:\n"+
		"  - dense: {name: h, units: 8, activation: relu}\n  - concatenate: {name: both, from: [h, x]}\n"+
		"  - output: {name: y, task: regression}\n")

// TestPackagesOfIntegersAreRead audits packages of 8-bit integers of every kind of unit, and finds faults.
func TestPackagesOfIntegersAreRead(t *testing.T) {
	functions := 0
	for i, text := range intSpecs {
		skip := ""
		if strings.Contains(text, "remember") {
			skip = "skip: [remember]"
		}
		s, problems := spec.Parse("m.yaml", fmt.Appendf(nil, "version: 1\nname: m\n%squantize: {%s}\n", text, skip),
			op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Version: "v0",
			Runtime: codegen.RuntimePath, Int8: true})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		faulty(t, func(files map[string][]byte) (*Report, error) {
			r, err := Run(out.Net, files)
			if err == nil {
				for _, f := range r.Functions {
					if strings.HasPrefix(f, "mint8.") {
						functions++
					}
				}
			}
			return r, err
		}, out.Files, intFaults[i])
	}
	if functions < 3*len(intSpecs) {
		t.Errorf("%d functions of packages of integers were read", functions)
	}
}

// intFaults are faults of the packages of intSpecs, by their places there.
var intFaults = map[int][]change{
	0: {
		{"mint8/forward.go", "quant.Dense(1, 7, 33, a.s2[:7], a.s3[:33], m.dense2W[:],",
			"quant.Dense(1, 7, 33, a.s2[:7], a.s3[:33], m.dense3W[:],"},
		{"mint8/forward.go", "quant.Dense(1, 7, 33, a.s2[:7], a.s3[:33],", "quant.Dense(1, 7, 13, a.s2[:7], a.s2[:],"},
		{"mint8/forward.go", "Shift: m.dense2Shift[:]", "Shift: m.dense2Multiplier[:]"},
		{"mint8/forward.go", "Bias: m.dense2B[:], ", ""},
		{"mint8/forward.go", "Range: m.dense2Range[:]", "Range: m.dense3Range[:]"},
		{"mint8/forward.go", "m.xRescaleInt8Scale[:], m.xRescaleInt8Zero[:])", "m.output1Scale[:1], m.xRescaleInt8Zero[:])"},
		{"mint8/forward.go", "quant.Quantize(a.s2[:], a.s1[:],", "quant.Quantize(a.s2[:], x[:],"},
		{"mint8/forward.go", "\tquant.Lookup(a.s2[:7], a.s2[:7], m.dense2TanhTable[:])\n", ""},
		{"mint8/forward.go", "\t// dense2.tanh: 7 → 7\n\tquant.Lookup(a.s2[:7], a.s2[:7], m.dense2TanhTable[:])\n", ""},
		{"mint8/forward.go", "m.output1B[:], m.output1Scale[:])", "m.dense2B[:], m.output1Scale[:])"},
		{"mint8/forward.go", "vec.Softmax(1, 3, y[:], a.s1[:3])", "vec.Softmax(1, 3, y[:], a.s1[1:4])"},
		{"mint8/mint8.go", "quant.Pack(1, 33, 7, w[9].Int8", "quant.Pack(7, 1, 33, w[9].Int8"},
		{"mint8/mint8.go", "quant.Pack(1, 33, 7, w[9].Int8", "quant.Pack(1, 33, 7, w[4].Int8"},
		{"mint8/mint8.go", "copy(m.dense1Shift[:], w[7].Int32)", "copy(m.dense1Shift[:], w[6].Int32)"},
		{"mint8/mint8.go", "\tcopy(m.dense1Range[:], w[8].Int32)\n", ""},
		{"mint8/mint8.go", "Name: \"dense1.shift\"", "Name: \"dense1.multiplier\""},
	},
	1: {
		{"mint8/forward.go", "quant.Conv(1, &conv2d2Geometry, a.s1[:180], a.s2[:315]",
			"quant.Conv(1, &conv2d1Geometry, a.s1[:180], a.s2[:315]"},
		{"mint8/forward.go", "FH: 2, FW: 2, SH: 1, SW: 1}, a.s1", "FH: 1, FW: 2, SH: 1, SW: 1}, a.s1"},
		{"mint8/forward.go", "quant.Max(1, pool", "quant.Average(1, pool"},
		{"mint8/forward.go", "quant.Average(1, pool", "quant.Max(1, pool"},
		{"mint8/mint8.go", "quant.Pack(3, 9, 5,", "quant.Pack(1, 27, 5,"},
		{"mint8/forward.go", "m.depthwiseConv2d1W[:]", "m.conv2d1W[:]"},
	},
	4: {
		{"mint8/forward.go", "quant.Add(a.s3[:], a.s2[:], a.s1[:],", "quant.Add(a.s3[:], a.s2[:], a.s2[:],"},
		{"mint8/forward.go", "quant.Columns(1, 36, 12, a.s4[:], 12, a.s3[:], m.concatenate1Table2[:])",
			"quant.Columns(1, 36, 12, a.s4[:], 12, a.s3[:], m.concatenate1Table3[:])"},
		{"mint8/forward.go", "quant.Columns(1, 36, 12, a.s4[:], 12, a.s3[:],",
			"quant.Columns(1, 36, 12, a.s4[:], 12, a.s2[:],"},
		{"mint8/forward.go", "quant.Columns(1, 36, 12, a.s4[:]", "quant.Columns(1, 36, 0, a.s4[:]"},
		{"mint8/forward.go", "m.cTable[:])", "m.dense1EluTable[:])"},
		{"mint8/forward.go", "quant.Dense(1, 12, 12, a.s1[:], a.s2[:]", "quant.Dense(1, 12, 12, a.s1[:], a.s1[:]"},
	},
	6: {
		{"mint8/forward.go", "F: 9, U: 6, Reverse: true, All: true}", "F: 9, U: 6, All: true}"},
		{"mint8/forward.go", "quant.GRUBefore(1,", "quant.GRU(1,"},
		{"mint8/forward.go", "quant.GRU(1,", "quant.GRUBefore(1,"},
		{"mint8/forward.go", "m.lstm1RecurrentKernel[:]", "m.lstm1W[:]"},
		{"mint8/forward.go", "a.s2[:], a.s1[:21], nil", "a.s2[:], a.s1[:21], x[:7]"},
		{"mint8/forward.go", "State: m.lstm1State[:]", "State: m.gru1State[:]"},
	},
	7: {
		{"mint8/forward.go", "a.s2[:], a.s1[:], m.firstW[:]", "a.s2[:], nil, m.firstW[:]"},
		{"mint8/forward.go", "quant.Rows(8, 7, 5,", "quant.Rows(8, 5, 7,"},
		{"mint8/forward.go", "a.s2[:], x[:], m.tableW[:]", "a.s2[:], a.s1[:], m.tableW[:]"},
	},
	8: {
		{"mint8/forward.go", "m.zeroPadding2d1Zero[:])", "m.conv2d1B[:1])"},
		{"mint8/forward.go", "\tquant.Nearest(1, pool.Scale{H: 6, W: 6, C: 8, FH: 2, FW: 2},",
			"\tquant.Nearest(1, pool.Scale{H: 6, W: 6, C: 8, FH: 2, FW: 1},"},
		{"mint8/forward.go", "[]int{48, 24}, []int{1, 48}", "[]int{48, 24}, []int{1, 47}"},
	},
	10: {
		{"mint8/forward.go", "m.hReluFloatScale[:]", "m.yScale[:8]"},
		{"mint8/forward.go", "m.hReluFloatZero[:]", "m.bothInt8Zero[:8]"},
	},
}

// faulty audits files as they are, which must be right, and with each change, which must be found.
func faulty(t *testing.T, audit func(files map[string][]byte) (*Report, error), files map[string][]byte,
	changes []change) {
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
