package data

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

const (
	textInput = "input: {name: x, shape: [3], tokens: {characters: ab}}\ntask: multiclass\n"
	textEnds  = textInput + "layers: [{embedding: {output_dim: 2}}, flatten, output]\n"
	textWhole = textInput + "layers: [{embedding: {output_dim: 2}}, output]\n"
)

func TestTextIsReadWholeOrByTheTokensBeforeEach(t *testing.T) {
	_, ends := network(t, textEnds)
	_, whole := network(t, textWhole)
	file := write(t, "x.txt", []byte("ab\r\n\nb\n"))
	src := &spec.Source{Format: "text", Path: file}
	end, a, b := []float32{1, 0, 0}, []float32{0, 1, 0}, []float32{0, 0, 1}
	for _, c := range []struct {
		name string
		got  func() (fit.Set, BadRows, error)
		want fit.Set
	}{
		{"an example for each token", func() (fit.Set, BadRows, error) { return Read(src, "", ends, Options{}) }, fit.Set{
			N: 5,
			X: [][]float32{{0, 0, 0, 0, 0, 1, 0, 1, 2, 0, 0, 0, 0, 0, 2}},
			Y: [][]float32{slices.Concat(a, b, end, b, end)},
		}},
		{"an example for each text", func() (fit.Set, BadRows, error) { return Read(src, "", whole, Options{}) }, fit.Set{
			N: 2,
			X: [][]float32{{0, 1, 2, 0, 2, 0}},
			Y: [][]float32{slices.Concat(a, b, end, b, end, make([]float32, 3))},
			W: []float32{1, 1, 1, 1, 1, 0},
		}},
		{"what comes after each text", func() (fit.Set, BadRows, error) {
			return Read(src,
				"", ends, Options{Unlabeled: true})
		}, fit.Set{
			N: 2, X: [][]float32{{0, 1, 2, 0, 0, 2}},
		}},
	} {
		got, _, err := c.got()
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestTextThatDoesNotFitIsABadRow(t *testing.T) {
	_, whole := network(t, textWhole)
	file := write(t, "x.txt", []byte("ab\naXb\nabab\n\xff\n"))
	_, bad, err := Read(&spec.Source{Format: "text", Path: file}, "", whole, Options{})
	var rows BadRows
	if !errors.As(err, &rows) || len(bad) != 3 {
		t.Fatalf("%v, want three bad rows", err)
	}
	for i, want := range []string{`x.txt:2: "X" of "aXb" is not in the vocabulary of 3 tokens`,
		"x.txt:3: 4 tokens and the boundary before them are more than the 3 steps", "x.txt:4: the text is not UTF-8"} {
		if !strings.Contains(bad[i].Error(), want) {
			t.Errorf("%v, want %s", bad[i], want)
		}
	}
	_, table := network(t, classes)
	if _, _, err := Read(&spec.Source{Format: "text", Path: file}, "", table, Options{}); err == nil ||
		!strings.Contains(err.Error(), "foretell the next token") {
		t.Errorf("a network without tokens: %v", err)
	}
}

// TestSplitsKeepTextsTogether looks for a text of which one token is trained on and another tested: each text of the
// file has a first letter of its own.
func TestSplitsKeepTextsTogether(t *testing.T) {
	const letters = "bcdefghijklmnopqrstu"
	s, net := network(t, "input: {name: x, shape: [3], tokens: {characters: a"+letters+
		"}}\ntask: multiclass\nlayers: [{embedding: {output_dim: 2}}, flatten, output]\n"+
		"training: {validation_split: 0.25}\ndata: {train: {text: x.txt}, test_split: 0.2}\n")
	var lines strings.Builder
	for _, l := range letters {
		lines.WriteString(string(l) + "a\n")
	}
	s.Data.Train.Path = write(t, "x.txt", []byte(lines.String()))
	sets, err := Load(s, "", net, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]string{}
	for name, set := range map[string]fit.Set{"train": sets.Train, "validation": sets.Validation, "test": sets.Test} {
		if want := map[string]int{"train": 36, "validation": 12, "test": 12}[name]; set.N != want {
			t.Errorf("%s has %d examples, want %d", name, set.N, want)
		}
		for i := range set.N {
			x, next := set.X[0][i*3:][:3], slices.Index(set.Y[0][i*net.Outputs[0].Width():], 1)
			letter := next
			for _, v := range x {
				if v > 1 {
					letter = int(v)
				}
			}
			if seen[letter] != "" && seen[letter] != name {
				t.Errorf("the text of token %d is in %s and in %s", letter, seen[letter], name)
			}
			seen[letter] = name
		}
	}
}
