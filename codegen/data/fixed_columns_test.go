package data

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/net"
)

// TestWhatNoTrainingRowHasStaysSilent reads rows for testing that hold what no training row does, of each kind of
// column: their numbers are those of the training rows, from the split and from another file alike. Weights that were
// trained before may know it, and an example has it.
func TestWhatNoTrainingRowHasStaysSilent(t *testing.T) {
	const columns = `input:
  name: x
  shape: [14]
  columns:
    - {name: wind, words: [N, S, W], other: true, missing: true}
    - {name: sky, max_words: 3, other: true}
    - {name: sun, flag: ["no", "yes"]}
    - {name: height, fill: mean, indicator: true}
    - {name: level}
    - {name: day, date: [year]}
task: regression
layers: [output]
`
	train := write(t, "a.csv", []byte("wind,sky,sun,height,level,day,y\n"+
		strings.Repeat("N,clear,no,1,7,2001-01-01,1\nS,dull,no,2,7,2001-05-01,2\n", 4)))
	test := write(t, "b.csv", []byte("wind,sky,sun,height,level,day,y\n"+
		"S,odd,yes,,9,2002-01-01,1\nW,dull,no,2,7,2001-01-01,1\nX,clear,no,2,8,2001-01-01,1\n,clear,no,5,7,2001-01-01,1\n"))
	s, network := network(t, columns+fmt.Sprintf("data: {train: {csv: %q}, test: {csv: %q}}\n", train, test))
	sets, err := Load(s, "", network, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{
		0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1.5, 0, 7, 2001,
		0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 7, 2001,
		0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 7, 2001,
		0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 7, 2001,
	}
	if d := cmp.Diff(want, sets.Test.X[0]); d != "" {
		t.Error(d)
	}
	var remarks []string
	set, _, err := Read(s.Data.Test, "", network, Options{Fitted: sets.Fitted, Other: true, Remarks: &remarks})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, set.X[0]); d != "" {
		t.Error(d)
	}
	const said = `1 row holds a word of "wind" beyond the 3 that it has a number for: "X" (line 4); they count for nothing, ` +
		`as no training row has such a word`
	const new, nothing = "something that no training row has: ", "; it counts for nothing"
	wanted := []string{
		`1 row has in "sun" ` + new + `"yes" (line 2)` + nothing,
		`1 row has in "height" ` + new + `"" (line 2)` + nothing,
		`2 rows have in "level" another number than the 7 of all training rows: "9" (line 2), "8" (line 4)` + nothing,
		`1 row has in "day" ` + new + `"2002-01-01" (line 2)` + nothing,
		`2 rows have in "wind" ` + new + `"W" (line 3), "" (line 5)` + nothing,
		said,
	}
	if d := cmp.Diff(wanted, remarks[min(1, len(remarks)):]); d != "" {
		t.Error(d)
	}
	remarks = nil
	_, _, err = Read(s.Data.Train, "", network, Options{Fitted: sets.Fitted, Other: true, Remarks: &remarks})
	if err != nil || remarks != nil {
		t.Errorf("the training rows: %q, %v", remarks, err)
	}
	if err := sets.Fitted.Check(s); err != nil {
		t.Error(err)
	}
	sets.Fitted["x"][0].Fixed[0].At = 5
	if sets.Fitted.Check(s) == nil {
		t.Error("a number is fixed at a place that the column has not")
	}
	before := net.Fitted{"x": {5: {}, 2: {Fixed: []net.Constant{{}}}}}
	if sets, err = Load(s, "", network, 1, Options{Before: &before}); err != nil || sets.Test.X[0][12] != 9 ||
		sets.Test.X[0][9] != 0 {
		t.Errorf("what trained weights know is silent, or speaks what they do not: %v, %v", sets.Test.X[0][:14], err)
	}
}

// TestUnknownWordsOfTextsAreLeftOut has texts for testing with words that no training text has, of a vocabulary that
// holds all those of the training texts, and of one that does not.
func TestUnknownWordsOfTextsAreLeftOut(t *testing.T) {
	train := write(t, "a.csv", []byte("text,y\n"+strings.Repeat("red apple,1\ngreen,2\n", 5)))
	test := write(t, "b.csv", []byte("text,y\nblue apple plum red red,1\n"))
	for most, want := range map[int][]float32{5: {1, 3, 0, 0}, 2: {3, 1, 3, 3}} {
		s, network := network(t, fmt.Sprintf("input: {name: x, shape: [4], tokens: {column: text, words: %d}}\n"+
			"task: regression\nlayers: [embedding: {output_dim: 2}, flatten, output]\n"+
			"data: {train: {csv: %q}, test: {csv: %q}}\n", most, train, test))
		sets, err := Load(s, "", network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, sets.Test.X[0]); d != "" {
			t.Error(most, d)
		}
		set, _, err := Read(s.Data.Test, "", network, Options{Fitted: sets.Fitted, Other: true})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(sets.Test.X, set.X); d != "" {
			t.Error(most, d)
		}
	}
	if (net.Fitted{}).KnowsAll("x") {
		t.Error("nothing is known before a training")
	}
}
