package onnx

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
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

// TestLabelsOfTwoClassesAreChecked compares the label of a binary classifier, whose probabilities are no output, with
// the decision of the network: at ½, with classes that are numbers, and at another bound, beside a label of three
// classes.
func TestLabelsOfTwoClassesAreChecked(t *testing.T) {
	linear := tiny([]*Node{{Op: "LinearClassifier", Name: "l", Domain: mlDomain, In: []string{"x"},
		Out: []string{"y", "p"},
		Attrs: []*Attr{floatsAttr("coefficients", -1, 0, 0, 0, 1, 0, 0, 0), floatsAttr("intercepts", 0, 0),
			{Name: "classlabels_ints", Ints: []int64{3, 7}}, wordAttr("post_transform", "LOGISTIC")}}})
	linear.Opsets[mlDomain] = 1
	compared := func(by string) *Model {
		m := tiny([]*Node{
			apply("Gemm", "g", "x w b", "score"),
			apply("Sigmoid", "s", "score", "p"),
			apply(by, "c", "p bound", "second"),
			apply("Cast", "k", "second", "y", intAttr("to", typeInt64)),
			apply("Gemm", "h", "x three", "scores"),
			apply("Softmax", "m", "scores", "q", intAttr("axis", -1)),
			apply("ArgMax", "a", "q", "z", intAttr("axis", -1), intAttr("keepdims", 0)),
		}, floats("w", []int64{4, 1}, 1, 0, 0, 0), floats("b", []int64{1}, 0), floats("bound", []int64{}, 0.8),
			floats("three", []int64{4, 3}, make([]float32, 12)...))
		m.Graph.Outputs = append(m.Graph.Outputs, &Port{Name: "z", Type: typeInt64, Kind: "tensor", Has: true})
		return m
	}
	x := Array{Shape: []int{4, 4}, Data: make([]float64, 16)}
	for i, score := range []float64{-3, 1, 2, 0.25} { // probabilities of 0.05, 0.73, 0.88 and 0.56
		x.Data[4*i] = score
	}
	for _, c := range []struct {
		m       *Model
		classes [2]float64
		labels  []float64
		more    []Array
	}{
		{linear, [2]float64{3, 7}, []float64{3, 7, 7, 7}, nil},
		{compared("GreaterOrEqual"), [2]float64{0, 1}, []float64{0, 0, 1, 0},
			[]Array{{Shape: []int{4}, Data: make([]float64, 4)}}},
		{compared("Less"), [2]float64{0, 1}, []float64{1, 1, 0, 1}, []Array{{Shape: []int{4}, Data: make([]float64, 4)}}},
	} {
		r, err := c.m.imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Outputs[0].Label || r.Net.Outputs[0].Task != "binary" {
			t.Fatalf("output %+v of\n%s", r.Outputs[0], r.Spec)
		}
		difference := func(labels []float64) float64 {
			d, _, err := r.Check([]Array{x}, append([]Array{{Shape: []int{4}, Data: labels}}, c.more...))
			if err != nil {
				t.Fatal(err)
			}
			return d[0]
		}
		if d := difference(c.labels); d != 0 {
			t.Errorf("the labels %v differ by %g\n%s", c.labels, d, r.Spec)
		}
		for i, label := range c.labels {
			wrong := slices.Clone(c.labels)
			if wrong[i] = c.classes[0]; label == c.classes[0] {
				wrong[i] = c.classes[1]
			}
			if d := difference(wrong); d != 1 {
				t.Errorf("label %d is another, and %v differ by %g", i, wrong, d)
			}
		}
	}
}

// TestLabelsBelowABoundSwapTheClasses: where a label is the second class below a bound, beside the probability that is
// compared, that is the probability of the first.
func TestLabelsBelowABoundSwapTheClasses(t *testing.T) {
	for _, c := range []struct {
		compare, in string
		classes     string
	}{
		{"Less", "p bound", `["dog", "cat"]`}, {"GreaterOrEqual", "p bound", `["cat", "dog"]`},
		{"Greater", "bound p", `["dog", "cat"]`}, {"LessOrEqual", "bound p", `["cat", "dog"]`},
	} {
		m := tiny([]*Node{apply("Gemm", "g", "x w b", "score"), apply("Sigmoid", "s", "score", "p"),
			apply(c.compare, "c", c.in, "second"), apply("Cast", "k", "second", "index", intAttr("to", typeInt64)),
			{Op: "LabelEncoder", Name: "l", Domain: mlDomain, In: []string{"index"}, Out: []string{"y"},
				Attrs: []*Attr{textsAttr("values_strings", []string{"cat", "dog"}), {Name: "keys_int64s", Ints: []int64{0, 1}}}}},
			floats("w", []int64{4, 1}, 1, 0, 0, 0), floats("b", []int64{1}, 0), floats("bound", []int64{}, 0.8))
		m.Opsets[mlDomain] = 2
		m.Graph.Outputs = append(m.Graph.Outputs, &Port{Name: "p", Type: typeFloat, Kind: "tensor", Has: true})
		r, err := m.imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if text := string(r.Spec); !strings.Contains(text, "classes: "+c.classes) ||
			!strings.Contains(text, "decision: 0.8") {
			t.Errorf("%s(%s):\n%s", c.compare, c.in, text)
		}
		if swapped := c.classes[2] == 'd'; swapped != r.Outputs[0].Inverted {
			t.Errorf("%s(%s): inverted %v", c.compare, c.in, r.Outputs[0].Inverted)
		}
	}
}

// TestNamesThatAreFractions: a list of numbers, of which the model gives that of the likeliest class.
func TestNamesThatAreFractions(t *testing.T) {
	r, err := tiny([]*Node{apply("Softmax", "s", "x", "p"), apply("ArgMax", "a", "p", "i", &Attr{Name: "axis", I: 1},
		&Attr{Name: "keepdims"}), apply("Gather", "g", "names i", "y")},
		floats("names", []int64{4}, 0.1, -2.7, 3, 1e9)).imported(Options{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	x := rows([][]float64{{9, 1, 2, 3}, {1, 9, 2, 3}, {1, 2, 9, 3}, {1, 2, 3, 9}})
	given := Array{Shape: []int{4}, Data: []float64{float64(float32(0.1)), float64(float32(-2.7)), 3, 1e9}}
	if d, _, err := r.Check([]Array{x}, []Array{given}); err != nil || d[0] != 0 {
		t.Errorf("off by %v, error %v\n%s", d, err, r.Spec)
	}
}
