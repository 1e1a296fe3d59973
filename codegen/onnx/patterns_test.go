package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPatterns imports a model for each pattern of nodes, compares with what PyTorch or NumPy gave for it in float64,
// and compares the specs with testdata/onnx/patterns.yaml. NNGEN_UPDATE=1 writes that file.
func TestPatterns(t *testing.T) {
	var got strings.Builder
	for _, n := range nodeTests(t, "patterns.tar.gz") {
		r, err := Import(n.model, Options{Name: "model"})
		if err != nil {
			t.Errorf("%s: %v", n.name, err)
			continue
		}
		fmt.Fprintf(&got, "# %s\n%s---\n", n.name, r.Spec)
		differences, scales, err := r.Check(loaded(t, n.in), loaded(t, n.out))
		if err != nil {
			t.Errorf("%s: %v\n%s", n.name, err, r.Spec)
			continue
		}
		for i, d := range differences {
			if !(d <= 2e-6*math.Max(1, scales[i])) {
				t.Errorf("%s: output %d is off by %g of %g\n%s", n.name, i, d, scales[i], r.Spec)
			}
		}
		if len(r.Report) == 0 {
			t.Errorf("%s: no report", n.name)
		}
	}
	golden := filepath.Join(fixtures, "patterns.yaml")
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Error(d)
	}
}

// loaded returns the arrays of a test.
func loaded(t *testing.T, tensors []*Tensor) []Array {
	t.Helper()
	var all []Array
	for _, p := range tensors {
		a, err := p.load(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Array{Shape: a.dims, Data: a.data})
	}
	return all
}

// apart are patterns that ONNX Runtime does not run as they are stored, or to other numbers, and why.
var apart = map[string]string{
	"classifier_tail":   "a map of names is declared as numbers, for them to be compared",
	"columns_front":     "its words are stored encoded",
	"if_squeeze":        "the branch that is not taken has no shape",
	"linear_classifier": "a map of names is declared as numbers, for them to be compared",
	"qdq_activations":   "activations are rounded there",
	"qdq_relu":          "activations are rounded there",
	"table_of_numbers":  "its codes are stored encoded",
	"table_of_words":    "its words are stored encoded",
}

// TestPatternsAgreeInONNXRuntime runs the same models in ONNX Runtime, which NNGEN_ORT names the node_modules folder
// of: what NumPy computed for those that no exporter at hand writes is what the operators mean.
func TestPatternsAgreeInONNXRuntime(t *testing.T) {
	modules := os.Getenv("NNGEN_ORT")
	if modules == "" {
		t.Skip("NNGEN_ORT is not set: no ONNX Runtime to compare with; .ci/run onnx does")
	}
	type input struct {
		Name          string
		Dims          []int
		Data          []*float64 // nil for NaN
		Whole, Double bool
		Byte          string
	}
	type run struct {
		File   string
		Inputs []input
		Names  []string
		Plain  bool
	}
	dir := t.TempDir()
	var runs []run
	var outputs [][]*Port
	tests := slices.DeleteFunc(nodeTests(t, "patterns.tar.gz"), func(n *nodeTest) bool { return apart[n.name] != "" })
	for _, n := range tests {
		// Optimised, products with rounded weights round the other factor too.
		r := run{File: filepath.Join(dir, n.name+".onnx"), Plain: strings.HasPrefix(n.name, "qdq_weights")}
		if err := os.WriteFile(r.File, n.model, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Decode(n.model)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range loaded(t, n.in) {
			p := m.Graph.Inputs[i]
			in := input{Name: p.Name, Dims: a.Shape, Whole: p.Type == 7, Double: p.Type == 11}
			switch p.Type {
			case 2:
				in.Byte = "uint8"
			case 9:
				in.Byte = "bool"
			}
			for _, v := range a.Data {
				if math.IsNaN(v) {
					in.Data = append(in.Data, nil)
				} else {
					in.Data = append(in.Data, &v)
				}
			}
			r.Inputs = append(r.Inputs, in)
		}
		for _, o := range m.Graph.Outputs {
			r.Names = append(r.Names, o.Name)
		}
		runs, outputs = append(runs, r), append(outputs, m.Graph.Outputs)
	}
	job, err := json.Marshal(runs)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "job.json")
	if err := os.WriteFile(name, job, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", filepath.Join(fixtures, "run.js"), modules, name).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Error   string
		Outputs [][]*float64
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%.1000s", err, out)
	}
	for i, g := range got {
		n := tests[i]
		if g.Error != "" {
			t.Errorf("%s: %s", n.name, g.Error)
			continue
		}
		for k, want := range loaded(t, n.out) {
			if outputs[i][k].Type == typeString {
				continue
			}
			if slices.Contains(g.Outputs[k], nil) {
				t.Errorf("%s: output %d has a NaN", n.name, k)
				continue
			}
			if len(g.Outputs[k]) != len(want.Data) {
				t.Errorf("%s: output %d has %d numbers, want %d", n.name, k, len(g.Outputs[k]), len(want.Data))
				continue
			}
			worst, scale := 0.0, 1.0
			for j, v := range want.Data {
				scale, worst = max(scale, math.Abs(v)), max(worst, math.Abs(v-*g.Outputs[k][j]))
			}
			if !(worst <= 1e-5*scale) {
				t.Errorf("%s: output %d is off by %g of %g", n.name, k, worst, scale)
			}
		}
	}
	t.Logf("%d patterns run in ONNX Runtime", len(got))
}
