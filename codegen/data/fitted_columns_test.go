package data

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/net"
)

// TestColumnsAreFittedToTrainingRowsAlone holds rows out whose words and numbers are unlike all others: none of them
// may become a word of its own, or move a median.
func TestColumnsAreFittedToTrainingRowsAlone(t *testing.T) {
	const columns = `input:
  name: x
  shape: [7]
  columns:
    - {name: wind, max_words: 2, other: true, missing: true}
    - {name: cloud, fill: median, indicator: true}
    - {name: day, date: [year], fill: median, layout: day_first}
task: regression
layers: [output]
training: {validation_split: 0.25, seed: %d}
`
	var rows strings.Builder
	rows.WriteString("wind,cloud,day,y\n")
	for i := range 40 {
		wind := []string{"N", "S", "NA"}[i%3]
		cloud := fmt.Sprint(i % 5)
		if i%7 == 0 {
			cloud = "?"
		}
		fmt.Fprintf(&rows, "%s,%s,01.02.%d,1\n", wind, cloud, 2001+i%3)
	}
	file := write(t, "a.csv", []byte(rows.String()))
	odd := "wind,cloud,day,y\n" + strings.Repeat("X,1000,01.01.1900,1\n", 100) + "NA,,,1\n"
	test := write(t, "b.csv", []byte(odd))
	s, network := network(t, fmt.Sprintf(columns, 3)+fmt.Sprintf("data: {train: {csv: %q}, test: {csv: %q}}\n",
		file, test))
	sets, err := Load(s, "", network, 3, Options{})
	if err != nil {
		t.Fatal(err)
	}
	fits := sets.Fitted["x"]
	if d := cmp.Diff([]string{"N", "S"}, fits[0].Words); d != "" {
		t.Error(d)
	}
	var clouds []float32
	for i := range sets.Train.N {
		if x := sets.Train.X[0][i*7:][:7]; x[5] == 0 {
			clouds = append(clouds, x[4])
		}
	}
	if median := fits[1].Fill; median != "2" || len(clouds) == sets.Train.N {
		t.Errorf("the median is %s of %v", median, clouds)
	}
	if !strings.HasPrefix(fits[2].Fill, "2002-") {
		t.Errorf("the median day is %s", fits[2].Fill)
	}
	for i, want := range map[int][]float32{0: {0, 0, 0, 0, 1000, 0, 1900}, 100: {0, 0, 0, 1, 2, 1, 2002}} {
		if d := cmp.Diff(want, sets.Test.X[0][i*7:][:7]); d != "" {
			t.Errorf("test row %d: %s", i, d)
		}
	}
	// Another file is read by what the weights carry, and nothing is fitted to it.
	src := *s.Data.Test
	set, _, err := Read(&src, "", network, Options{Fitted: sets.Fitted, Other: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sets.Test.X, set.X); d != "" {
		t.Error(d)
	}
	if _, _, err := Read(&src, "", network, Options{Other: true}); err == nil ||
		!strings.Contains(err.Error(), "train the network first") {
		t.Errorf("columns that are not fitted: %v", err)
	}
	if again, err := Load(s, "", network, 3,
		Options{Fitted: net.Fitted{"x": {{Words: []string{"X"}}, {Fill: "7"}, {Fill: "2020-01-01"}}}}); err != nil ||
		again.Test.X[0][0] != 1 {
		t.Errorf("fitted before: %v", err)
	}
}

// TestWordsOfTextsAreThoseOfTrainingRows holds out texts of words that no other has: they are unknown, and the padding
// stays.
func TestWordsOfTextsAreThoseOfTrainingRows(t *testing.T) {
	train := write(t, "a.csv", []byte("text,y\n"+strings.Repeat("\"Red, red apple\",1\n", 5)+"green pear,2\n,3\n"))
	test := write(t, "b.csv", []byte("text,y\n"+strings.Repeat("blue blue plum apple RED,1\n", 9)))
	s, network := network(t,
		fmt.Sprintf("input: {name: x, shape: [4], tokens: {column: text, words: 2, lowercase: true, steps: 4}}\n"+
			"task: regression\n"+
			"layers: [embedding: {output_dim: 2}, flatten, output]\ndata: {train: {csv: %q}, test: {csv: %q}}\n", train, test))
	sets, err := Load(s, "", network, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"red", "apple"}, sets.Fitted.Words("x")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]float32{1, 1, 2, 0}, sets.Train.X[0][:4]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]float32{3, 3, 0, 0, 0, 0, 0, 0}, sets.Train.X[0][5*4:]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]float32{3, 3, 3, 2}, sets.Test.X[0][:4]); d != "" {
		t.Error(d)
	}
	set, _, err := Read(s.Data.Test, "", network, Options{Fitted: sets.Fitted, Other: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sets.Test.X, set.X); d != "" {
		t.Error(d)
	}
}
