package onnx

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScoresBecomeProbabilities imports a model that ends with logits as a classifier: its scores are those of the
// model, and numbers that a training changed go back into its file.
func TestScoresBecomeProbabilities(t *testing.T) {
	for file, o := range map[string]Options{
		"cnn_view_16.onnx":   {Name: "model", Task: "multiclass"},
		"group_norm_16.onnx": {Name: "model", Task: "multiclass", Classes: strings.Split("abcdefgh", "")},
		"skl_mlpr.onnx":      {Name: "model", Task: "binary", Classes: []string{"no", "yes"}},
	} {
		original, err := os.ReadFile(filepath.Join(fixtures, file))
		if err != nil {
			t.Fatal(err)
		}
		plain := imported(t, filepath.Join(fixtures, file))
		if len(plain.Remarks) != 1 || !strings.Contains(plain.Remarks[0], "--task "+o.Task) {
			t.Errorf("%s: the import as a regression says %q, want how to import a classifier", file, plain.Remarks)
		}
		r, err := Import(original, o)
		if err != nil {
			t.Fatal(err)
		}
		out := r.Net.Outputs[0]
		if out.Task != o.Task || out.Scores == out.Layer || o.Classes != nil &&
			strings.Join(out.Classes, "") != strings.Join(o.Classes, "") {
			t.Fatalf("%s: task %s, classes %q, the probabilities are the scores: %t", file, out.Task,
				out.Classes, out.Scores == out.Layer)
		}
		same, err := Into(original, r.Net, r.Params, Options{Name: "model"})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !bytes.Equal(same, original) {
			t.Errorf("%s: untouched numbers change the file", file)
		}
		params := disturbed(r)
		changed, err := Into(original, r.Net, params, Options{Name: "model"})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		onlyNumbers(t, original, changed)
		again, err := Import(changed, o)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range r.Net.Params {
			for j, v := range again.Params[again.Net.Params[i]] {
				if want := params[p][j]; math.Abs(v-want) > 1e-5*max(1, math.Abs(want)) {
					t.Fatalf("%s: %s holds %g at %d, want %g", file, p.Name, v, j, want)
				}
			}
		}
	}
}

// TestTasksThatDoNotFitAreRefused tells what the output is.
func TestTasksThatDoNotFitAreRefused(t *testing.T) {
	for _, c := range []struct {
		file    string
		options Options
		want    string
	}{
		{"mlp_16.onnx", Options{Task: "multiclass"}, "it is the softmax of the model, and needs no --task"},
		{"skl_mlpr.onnx", Options{Task: "multiclass"}, "--task binary is for one score"},
		{"cnn_view_16.onnx", Options{Task: "multiclass", Classes: []string{"a", "b"}}, "--classes names 2, but there are 10"},
	} {
		b, err := os.ReadFile(filepath.Join(fixtures, c.file))
		if err != nil {
			t.Fatal(err)
		}
		c.options.Name = "model"
		if _, err := Import(b, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.file, err, c.want)
		}
	}
}

// TestNodesOfAPatternHaveItsFate: a gelu that is written out belongs to the layer that has it, all of it.
func TestNodesOfAPatternHaveItsFate(t *testing.T) {
	r := imported(t, filepath.Join(fixtures, "activations_16.onnx"))
	n := 0
	for _, line := range r.Report {
		if strings.Contains(line, `"/1/`) && !strings.HasSuffix(line, "folded") {
			if n++; !strings.HasSuffix(line, "→ layer dense1 (dense)") {
				t.Error(line)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d nodes of the gelu are reported, want at least 5", n)
	}
}

// TestNumbersOfAModelAreFinite refuses a model that predicts NaN.
func TestNumbersOfAModelAreFinite(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(fixtures, "mlp_16.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Graph.Initializers[0]
	copy(w.Raw[8:], raw32([]float64{math.Inf(1)}))
	if _, err := Import(m.Encode(), Options{Name: "model"}); err == nil ||
		!strings.Contains(err.Error(), "is +Inf at element") {
		t.Errorf("%v, want the element that is infinite", err)
	}
}

// TestLabelsOfTwoClassesAreChecked compares the label of a binary classifier that gives nothing else with the decision
// of the network, at ½ and at another bound.
func TestLabelsOfTwoClassesAreChecked(t *testing.T) {
	for _, bound := range []float32{0.5, 0.8} {
		r, err := tiny([]*Node{
			apply("Gemm", "g", "x w b", "score"),
			apply("Sigmoid", "s", "score", "p"),
			apply("GreaterOrEqual", "c", "p bound", "second"),
			apply("Cast", "k", "second", "y", intAttr("to", typeInt64)),
		}, floats("w", []int64{4, 1}, 1, 0, 0, 0), floats("b", []int64{1}, 0), floats("bound", []int64{}, bound)).
			imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		x := Array{Shape: []int{4, 4}, Data: make([]float64, 16)}
		labels := Array{Shape: []int{4, 1}}
		for i, score := range []float64{-3, 1, 2, 0.25} { // probabilities of 0.05, 0.73, 0.88 and 0.56
			x.Data[4*i] = score
			second := 0.0
			if 1/(1+math.Exp(-score)) >= float64(bound) {
				second = 1
			}
			labels.Data = append(labels.Data, second)
		}
		if d, _, err := r.Check([]Array{x}, []Array{labels}); err != nil || d[0] != 0 {
			t.Errorf("bound %g: the labels %v differ by %v, %v\n%s", bound, labels.Data, d, err, r.Spec)
		}
		for i := range labels.Data {
			wrong := Array{Shape: labels.Shape, Data: append([]float64{}, labels.Data...)}
			wrong.Data[i] = 1 - wrong.Data[i]
			if d, _, err := r.Check([]Array{x}, []Array{wrong}); err != nil || d[0] != 1 {
				t.Errorf("bound %g: label %d is another, and differs by %v, %v", bound, i, d, err)
			}
		}
	}
}
