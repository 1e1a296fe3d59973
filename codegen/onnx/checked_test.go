package onnx

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// TestCodesOfColumnsAreEncoded: a check reads the codes that the model does, one for each column, and refuses one that
// the model's encoder does not have.
func TestCodesOfColumnsAreEncoded(t *testing.T) {
	in := spec.Input{Name: "k", Columns: []spec.Column{{Name: "code", Words: []string{"3", "5", "9"}}, {Name: "size"}}}
	got, err := encodedWords(in, []float64{9, 0.5, 3, 2}, 2)
	if want := []float64{0, 0, 1, 0.5, 1, 0, 0, 2}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if _, err := encodedWords(in, []float64{4, 0.5}, 1); err == nil || !strings.Contains(err.Error(), `"code"`) {
		t.Errorf("a code that is none: %v", err)
	}
}

// TestAnIntervalWithoutABoundIsNamed: a file has no number for an infinite width.
func TestAnIntervalWithoutABoundIsNamed(t *testing.T) {
	p := &ir.Param{Name: "y.interval", Shape: ir.Shape{1}}
	network := &net.Net{Outputs: []*net.Output{{Radius: p}}}
	if _, err := widthsText(network, map[*ir.Param][]float64{p: {math.Inf(1)}}); err == nil ||
		!strings.Contains(err.Error(), "y.interval is +Inf") {
		t.Errorf("%v", err)
	}
	if text, err := widthsText(network, map[*ir.Param][]float64{p: {0.5}}); err != nil || text != `{"y.interval":[0.5]}` {
		t.Errorf("%s, %v", text, err)
	}
}

// TestWhatAFileHasNoPlaceForIsTold: layers whose numbers the import made up, and those that training moves apart though
// the model has them once.
func TestWhatAFileHasNoPlaceForIsTold(t *testing.T) {
	want := map[string]string{
		"norm_modulated":            "is not trained: the model has no factors and summands there",
		"attention_learned_queries": "has query_kernel, which the model has not",
		"rnn_cells_unrolled":        "are trained apart",
	}
	for _, n := range nodeTests(t, "patterns.tar.gz") {
		if want[n.name] == "" {
			continue
		}
		r, err := Import(n.model, Options{Name: "model"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(r.Remarks, "\n"), want[n.name]) {
			t.Errorf("%s: %q, want one that %s", n.name, r.Remarks, want[n.name])
		}
		delete(want, n.name)
	}
	if len(want) > 0 {
		t.Errorf("no patterns %v", want)
	}
}

// TestArraysThatDoNotFitAreRefused: a file may lay arrays of one and of two axes side by side.
func TestArraysThatDoNotFitAreRefused(t *testing.T) {
	m := &Model{IRVersion: 8, Opsets: map[string]int64{"": 13}, Graph: &Graph{
		Nodes: []*Node{{Op: "Concat", In: []string{"a", "b"}, Out: []string{"y"}, Attrs: []*Attr{{Name: "axis", I: 1}}}},
		Inputs: []*Port{{Name: "a", Kind: "tensor", Has: true, Type: 1, Dims: []Dim{{Name: "n"}}},
			{Name: "b", Kind: "tensor", Has: true, Type: 1, Dims: []Dim{{Name: "n"}, {Size: 2, Fixed: true}}}},
		Outputs: []*Port{{Name: "y", Kind: "tensor", Has: true, Type: 1, Dims: []Dim{{Name: "n"}, {Size: 3, Fixed: true}}}}}}
	if _, err := m.imported(Options{Name: "m"}); err == nil || !strings.Contains(err.Error(), "along axis 1") {
		t.Errorf("%v", err)
	}
}

// TestChecksTellAxesInAnotherOrder: examples with channels last, or outputs with their axes exchanged, have as many
// numbers as the model's, and are not compared as if they were those.
func TestChecksTellAxesInAnotherOrder(t *testing.T) {
	m := &Model{IRVersion: 8, Opsets: map[string]int64{"": 13}, Graph: &Graph{
		Nodes: []*Node{{Op: "Relu", In: []string{"x"}, Out: []string{"y"}}},
		Inputs: []*Port{{Name: "x", Kind: "tensor", Has: true, Type: 1,
			Dims: []Dim{{Name: "n"}, {Size: 2, Fixed: true}, {Size: 3, Fixed: true}}}},
		Outputs: []*Port{{Name: "y", Kind: "tensor", Has: true, Type: 1,
			Dims: []Dim{{Name: "n"}, {Size: 2, Fixed: true}, {Size: 3, Fixed: true}}}}}}
	r, err := m.imported(Options{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	array := func(shape ...int) Array { return Array{Shape: shape, Data: make([]float64, 12)} }
	for _, c := range []struct {
		x, y Array
		want string
	}{
		{array(2, 2, 3), array(2, 2, 3), ""},
		{array(2, 6), array(12), ""},
		{array(2, 3, 2), array(2, 2, 3), `"x": an array of [2 3 2], but the model's is [n 2 3]`},
		{array(2, 2, 3), array(2, 3, 2), `"y": an array of [2 3 2], but the model's is [n 2 3]`},
	} {
		_, _, err := r.Check([]Array{c.x}, []Array{c.y})
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%v and %v: error %v, want %q", c.x.Shape, c.y.Shape, err, c.want)
		}
	}
}
