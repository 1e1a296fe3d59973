package audit

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// change is a fault put into a generated file: the first occurrence of a text, which is there, becomes another.
type change struct{ file, from, to string }

// outputs are layers with each kind of output, and faults of what stands behind it.
var outputs = []struct {
	layers  string
	changes []change
}{
	{"- output: {name: y, units: 3, standardize: true}", []change{
		{"forward.go", "m.yTargetsCenter[:], m.yTargetsScale[:]", "m.yTargetsScale[:], m.yTargetsCenter[:]"},
		{"m.go", "copy(m.yTargetsScale[:], w[", "copy(m.yTargetsScale[:], w[2+"},
		{"mtrain/evaluate.go", "out, a.s2[:n*3], p.Stats", "out, a.s1[:n*3], p.Stats"},
		{"mtrain/gradient.go", "TargetsTargetCenter[:]", "TargetsCenter[:]"},
		{"mtrain/gradient.go", "TargetsTargetCenter[:], p.Stats.YTargetsTargetScale[:]",
			"TargetsTargetScale[:], p.Stats.YTargetsTargetCenter[:]"},
		{"mtrain/gradient.go", "a.s3[:n*3], weights", "y, weights"},
		{"mtrain/gradient.go", "3, a.s3[:n*3], y, p.Stats", "2, a.s3[:n*2], y, p.Stats"},
		{"mtrain/evaluate.go", "\t// y loss: 3 → 3\n\tvec.Affine", "\t// y loss: 3 → 3\n\tvec.MulAdd"},
	}},
	{"- output: {name: y, units: 2, standardize: min_max, activation: sigmoid}", []change{
		{"forward.go", "vec.Affine(1, 2, y[:]", "vec.Affine(1, 1, y[:1]"},
	}},
	{"- output: {name: y, units: 2, standardize: log, loss: {huber: 1}}", []change{
		{"mtrain/gradient.go", "vec.Log(", "vec.Exp("},
		{"mtrain/evaluate.go", "vec.Log(a.s1[:n*2], y)\n", "\n"},
		{"forward.go", "vec.Exp(y[:]", "vec.Log(y[:]"},
	}},
	{"- output: {name: y, units: 2, quantiles: [0.1, 0.5, 0.9]}", []change{
		{"forward.go", "vec.Softplus(a.s3[:], a.s3[:])\n", "\n"},
		{"forward.go", "a.s2[4:], 6", "a.s2[2:], 6"},
		{"forward.go", "vec.CopyCols(1, 2, y[2:], 6, a.s3[:], 2)", "vec.CopyCols(1, 2, y[2:], 6, a.s4[:], 2)"},
		{"mtrain/gradient.go", "vec.SoftplusGrad", "vec.SoftsignGrad"},
		{"mtrain/gradient.go", "0.1, 0.5, 0.9)", "0.1, 0.6, 0.9)"},
		{"mtrain/evaluate.go", "0.1, 0.5, 0.9)", "0.9, 0.5, 0.1)"},
	}},
	{"- output: {name: y, quantiles: [0.1, 0.9], interval: 0.8, standardize: true}", []change{
		{"mtrain/evaluate.go", "TargetsTargetScale", "TargetsScale"},
	}},
	{"- output: {name: y, quantiles: [0.5]}", nil},
	{"- output: {name: y, interval: 0.9}", nil},
	{"- output: {name: y, task: binary, decision: {threshold: f1}, calibrate: temperature}", []change{
		{"forward.go", "m.yTemperatureCenter[:], m.yTemperatureScale[:]", "m.yTemperatureScale[:], m.yTemperatureCenter[:]"},
		{"mtrain/gradient.go", "YTemperatureScale[:])\n\n\t// gradient of y\n",
			"YTemperatureCenter[:])\n\n\t// gradient of y\n"},
	}},
	{"- output: {name: y, task: multiclass, units: 4, calibrate: temperature, reject: {confidence: 0.6}}", []change{
		{"mtrain/gradient.go", "vec.MulRow(", "vec.AddRow("},
	}},
	{`- output: {name: a, standardize: true}
  - output: {name: b, from: h, standardize: true, loss_weight: 0.3}
  - output: {name: c, from: h, task: binary, calibrate: temperature, class_weights: {"1": 3}}
  - output: {name: e, from: a, standardize: log, units: 2}`, []change{
		{"mtrain/evaluate.go", ", yA, p.Stats", ", yB, p.Stats"},
		{"mtrain/evaluate.go", "BTargetsTargetScale", "ATargetsTargetScale"},
		{"mtrain/gradient.go", "+= 0.3 *", "+= 0.4 *"},
		{"mtrain/gradient.go", "0.3*scale", "scale"},
		{"mtrain/gradient.go", "t.rowWeightsC[:n]", "weights"},
	}},
	{"- dense: 300\n  - dense: 400\n  - output: {name: y, units: 50, quantiles: [0.2, 0.8], standardize: log}", []change{
		{"mtrain/gradient.go", "TargetsTargetScale", "TargetsScale"}, // in phases
	}},
}

// TestOutputsPass audits what stands behind outputs, and finds each fault in it.
func TestOutputsPass(t *testing.T) {
	for _, c := range outputs {
		for _, prefix := range []string{"", "preprocess: [min_max]\n"} {
			text := "version: 1\nname: m\ntask: regression\ninputs:\n  - {name: x, shape: [5]}\n" + prefix +
				"layers:\n  - dense: {name: h, units: 4, activation: tanh}\n  " + c.layers + "\ntraining: {batch_size: 5}\n"
			out := network(t, text)
			r, err := Run(out.Net, out.Files)
			if err != nil {
				t.Fatalf("%s: %v", c.layers, err)
			}
			for _, f := range r.Findings {
				t.Errorf("%s: %s", c.layers, f)
			}
			if prefix != "" {
				continue
			}
			for _, m := range c.changes {
				files := maps.Clone(out.Files)
				changed := strings.Replace(string(files[m.file]), m.from, m.to, 1)
				if changed == string(files[m.file]) {
					t.Errorf("%s: %s has no %q:\n%s", c.layers, m.file, m.from, changed)
				}
				files[m.file] = []byte(changed)
				if r, err := Run(out.Net, files); err != nil || len(r.Findings) == 0 {
					t.Errorf("%s: %s with %q in the place of %q passes, %v", c.layers, m.file, m.to, m.from, err)
				}
			}
		}
	}
}

// TestWhatIsNotAuditedSaysSo has one line each.
func TestWhatIsNotAuditedSaysSo(t *testing.T) {
	for line, want := range map[string]string{
		"generate: {profile: tiny}": "m is of the profile tiny, whose packages are not audited: nngen verify runs them",
	} {
		out := network(t, "version: 1\nname: m\ntask: regression\ninputs:\n  - {name: x, shape: [5]}\n"+line+
			"\nlayers:\n  - output: {standardize: true}\n")
		if r, err := Run(out.Net, out.Files); err == nil || err.Error() != want || r != nil {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// network compiles a spec.
func network(t testing.TB, text string) *codegen.Output {
	t.Helper()
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	out, problems := codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: "example.com/" + s.Name, Version: "v0",
		Runtime: codegen.RuntimePath})
	if out == nil {
		t.Fatal(problems)
	}
	return out
}
