package onnx

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ref"
)

// TestOrdinalsAreWords imports what OrdinalEncoder becomes: a column of words, and a number for each of them that no
// training changes.
func TestOrdinalsAreWords(t *testing.T) {
	m := tiny([]*Node{
		{Op: "LabelEncoder", Name: "o", Domain: mlDomain, In: []string{"size"}, Out: []string{"k"}, Attrs: []*Attr{
			textsAttr("keys_strings", []string{"small", "large", "huge"}), {Name: "values_int64s", Ints: []int64{0, 1, 4}},
			intAttr("default_int64", -1)}},
		apply("Cast", "c", "k", "f", intAttr("to", 1)),
		apply("Gemm", "g", "f w b", "y"),
	}, floats("w", []int64{1, 2}, 3, -1), floats("b", []int64{2}, 0.5, 0))
	m.Opsets[mlDomain] = 3
	m.Graph.Inputs = []*Port{{Name: "size", Type: typeString, Kind: "tensor", Has: true,
		Dims: []Dim{{Name: "n"}, {Size: 1, Fixed: true}}}}
	r, err := m.imported(Options{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`words: ["small", "large", "huge"]`, "trainable: false"} {
		if !strings.Contains(string(r.Spec), want) {
			t.Errorf("the spec lacks %s:\n%s", want, r.Spec)
		}
	}
	network := network{net: r.Net, ref: ref.New(r.Net, 0)}
	network.ref.Params = r.Params
	got := network.outputsOf(ref.Batch{N: 3, Inputs: [][]float64{{1, 0, 0, 0, 1, 0, 0, 0, 1}}})[0].Data
	if want := []float64{0.5, 0, 3.5, -1, 12.5, -4}; !slices.Equal(got, want) {
		t.Errorf("small, large and huge give %v, want %v\n%s", got, want, r.Spec)
	}
}

// TestBlanksAroundWordsDoNotCount: packages read fields without them, so that a word with some would never be found.
func TestBlanksAroundWordsDoNotCount(t *testing.T) {
	model := func(words ...string) *Model {
		m := tiny([]*Node{{Op: "OneHotEncoder", Name: "o", Domain: mlDomain, In: []string{"size"}, Out: []string{"k"},
			Attrs: []*Attr{textsAttr("cats_strings", words)}}, apply("Flatten", "f", "k", "h"),
			apply("MatMul", "g", "h w", "y")},
			floats("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6))
		m.Opsets[mlDomain] = 3
		m.Graph.Inputs = []*Port{{Name: "size", Type: typeString, Kind: "tensor", Has: true,
			Dims: []Dim{{Name: "n"}, {Size: 1, Fixed: true}}}}
		return m
	}
	r, err := model(" small", "very  large ", "huge").imported(Options{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(r.Spec), `words: ["small", "very  large", "huge"]`) ||
		!strings.Contains(strings.Join(r.Remarks, "\n"), `its word " small" is "small" here`) {
		t.Errorf("remarks %q\n%s", r.Remarks, r.Spec)
	}
	if _, err = model("small", " small", "huge").imported(Options{Name: "m"}); err == nil ||
		!strings.Contains(err.Error(), `its words "small" and " small" are one`) {
		t.Errorf("error %v", err)
	}
}

// TestHintsNameBothEncoders refuses words that something else than an encoder reads, and an encoder of what is no
// column.
func TestHintsNameBothEncoders(t *testing.T) {
	m := tiny([]*Node{
		apply("Identity", "i", "size", "same"),
		apply("Equal", "e", "size size", "k"),
		{Op: "LabelEncoder", Name: "o", Domain: mlDomain, In: []string{"x"}, Out: []string{"l"}, Attrs: []*Attr{
			textsAttr("keys_strings", []string{"a", "b"}), {Name: "values_int64s", Ints: []int64{0, 1}}}},
		apply("Concat", "j", "k l", "y", intAttr("axis", 1)),
	})
	m.Opsets[mlDomain] = 3
	m.Graph.Inputs = append(m.Graph.Inputs, &Port{Name: "size", Type: typeString, Kind: "tensor", Has: true,
		Dims: []Dim{{Name: "n"}, {Size: 1, Fixed: true}}})
	_, err := m.imported(Options{Name: "m"})
	if err == nil {
		t.Fatal("words are computed with")
	}
	for _, want := range []string{
		"made numbers by a OneHotEncoder or LabelEncoder right behind the input",
		"hint: it may give numbers to the words of an input that nothing else reads, and names to a chosen class",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

// TestTheOnlyStepKeepsItsFactor chooses the only step of a recurrent layer whose outputs are doubled.
func TestTheOnlyStepKeepsItsFactor(t *testing.T) {
	outputs := func(factor float32) []float64 {
		m := tiny([]*Node{
			apply("Unsqueeze", "u", "x zero", "s"),
			apply("RNN", "r", "s w v", "h", &Attr{Name: "hidden_size", I: 1}),
			apply("Squeeze", "q", "h one", "k"),
			apply("Mul", "m", "k factor", "l"),
			apply("Gather", "g", "l at", "last"),
			apply("MatMul", "d", "last out", "y"),
		}, floats("w", []int64{1, 1, 4}, 1, -2, 0.5, 1), floats("v", []int64{1, 1, 1}, 1), floats("factor", nil, factor),
			floats("out", []int64{1, 1}, 3), int64s("zero", 0), int64s("one", 1),
			&Tensor{Name: "at", Type: 7, Int64s: []int64{0}})
		r, err := m.imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		network := network{net: r.Net, ref: ref.New(r.Net, 0)}
		network.ref.Params = r.Params
		return network.outputsOf(ref.Batch{N: 1, Inputs: [][]float64{{1, 0.25, 0.5, -1}}})[0].Data
	}
	if one, two := outputs(1), outputs(2); two[0] != 2*one[0] || one[0] == 0 {
		t.Errorf("%v, doubled %v", one, two)
	}
}
