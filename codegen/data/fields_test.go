package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/runtime/encode"
)

// TestFieldsAreWhatTheyWere reads rows and writes their fields from the numbers of the input.
func TestFieldsAreWhatTheyWere(t *testing.T) {
	file := write(t, "a.csv",
		[]byte("Age,Sex,ok,at,note,y\n22.5,female,yes,2020-03-31 07:30,\"Good, GOOD value!\",1\n"+
			"NA,male,no,2021-12-05 23:59,never seen,0\n,,yes,1999-01-01,,0\n"))
	s, network := network(t, fmt.Sprintf(`inputs:
  - name: x
    shape: [16]
    columns:
      - {name: Age, fill: median, indicator: true}
      - {name: Sex, max_words: 2, other: true, missing: true}
      - {name: ok, flag: [no, yes]}
      - {name: at, date: [year, month, day, weekday, hour]}
  - {name: text, shape: [4], tokens: {column: note, words: 2, lowercase: true}}
layers:
  - embedding: {from: text, output_dim: 2}
  - flatten: {name: f}
  - concatenate: {from: [f, x]}
  - output: {task: regression}
data: {train: {csv: %q, label: y}}
`, file))
	sets, err := Load(s, "", network, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		`Age 22.5; Sex female; ok yes; at 2020, month 3, day 31, Tuesday, 07:30; note "good good …"`:     true,
		`Age missing; Sex male; ok no; at 2021, month 12, day 5, Sunday, 23:59; note "… …"`:              true,
		`Age missing; Sex missing; ok yes; at 1999, month 1, day 1, Friday, 00:00; note ""`:              true,
		`Age 22.5; Sex female; ok yes; at 2020, month 3, day 31, Tuesday, 07:30; note "good good value"`: true,
		`Age missing; Sex male; ok no; at 2021, month 12, day 5, Sunday, 23:59; note "never …"`:          true,
	}
	for i := range sets.Train.N {
		if got := strings.Join(RowsOf(s, "", network, sets.Fitted).Fields(sets.Train, i), "; "); !want[got] {
			t.Errorf("row %d: %s", i, got)
		}
	}
}

// TestWordsWithoutANumberAreNoOthers writes the numbers of a word that no training row has.
func TestWordsWithoutANumberAreNoOthers(t *testing.T) {
	c := &encode.Column{Kind: encode.Words, Values: []string{"N", "S"}}
	for x, want := range map[[2]float32]string{{1, 0}: "N", {0, 1}: "S", {0, 0}: "another word"} {
		if got := fieldOf(c, x[:]); got != want {
			t.Errorf("%v is %s, want %s", x, got, want)
		}
	}
}

// TestTargetsHaveTheNamesOfTheirColumns names targets by the spec, by positions, and of series by their steps.
func TestTargetsHaveTheNamesOfTheirColumns(t *testing.T) {
	table := "a,b [kW],\"c, d\"\n" + strings.Repeat("1,2,3\n", 9)
	for _, c := range []struct {
		rest string
		want []string
	}{
		{"input: {name: x, shape: [1]}\ntask: regression\nlayers: [output: {units: 2}]\n" +
			"data: {train: {csv: %q, label: [\"b [kW]\", \"c, d\"]}}\n", []string{"b [kW]", "c, d"}},
		{"input: {name: x, shape: [1]}\ntask: regression\nlayers: [output: {units: 2}]\n" +
			"data: {train: {csv: %q, label: [\"#-1\", first]}}\n", []string{"c, d", "a"}},
		{"input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\ndata: {train: {csv: %q, label: a}}\n",
			[]string{"a"}},
		{"input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\ndata: {train: {csv: %q}}\n", []string{"c, d"}},
		{"input: {name: x, shape: [2]}\ntask: binary\nlayers: [output]\ndata: {train: {csv: %q, label: a}}\n", nil},
		{"input: {name: x, shape: [4, 2]}\ntask: regression\nlayers: [flatten, output: {units: 4}]\n" +
			"data: {train: {csv: %q, series: {columns: [a, \"c, d\"], horizon: {steps: 2}}}}\n",
			[]string{"a_1", "c, d_1", "a_2", "c, d_2"}},
		{"input: {name: x, shape: [3]}\npreprocess: [standardize]\ntask: regression\nlayers: [output: {units: 3}]\n" +
			"data: {train: {csv: %q}, target: input}\n",
			[]string{"a_preprocessed", "b [kW]_preprocessed", "c, d_preprocessed"}},
		{"input: {name: x, shape: [4], columns: [a, {name: \"c, d\", max_words: 2, other: true}]}\ntask: regression\n" +
			"layers: [output: {units: 4}]\n" +
			"data: {train: {csv: %q}, target: input}\n", []string{"a", "c, d_1", "c, d_2", "c, d_3"}},
		{"input: {name: x, shape: [2, 2], layout: channels_first, columns: [a, {name: \"c, d\", max_words: 2, " +
			"other: true}]}\ntask: regression\nlayers: [flatten, output: {units: 4}]\n" +
			"data: {train: {csv: %q}, target: input}\n", []string{"a", "c, d_2", "c, d_1", "c, d_3"}},
		{"input: {name: x, shape: [3]}\ntask: regression\nlayers: [output: {units: 3}]\n" +
			"data: {train: {csv: %q, header: false}, target: input}\n", nil},
	} {
		s, network := network(t, fmt.Sprintf(c.rest, write(t, "a.csv", []byte(table))))
		if got := TargetNames(s, "", network)[0]; !slices.Equal(got, c.want) {
			t.Errorf("%s: %s", c.rest, cmp.Diff(c.want, got))
		}
	}
}

// TestSeveralBinaryTargetsAreNumbers has words in the columns of tags: one error says what they should be, in place of
// one for each row, whether classes are named or not.
func TestSeveralBinaryTargetsAreNumbers(t *testing.T) {
	for _, classes := range []string{"", "classes: [no, yes]\n"} {
		for labels, want := range map[string]string{
			"0,1": "", "no,yes": `the labels in column "b" are words, "no"; output "y" has several targets`,
			"0,yes": `the labels in column "c" are words, "yes"`,
		} {
			file := write(t, "tags.csv", []byte("a,b,c\n1,"+labels+"\n2,"+labels+"\n"))
			s, network := network(t,
				fmt.Sprintf("input: {name: x, shape: [1]}\ntask: binary\n%slayers: [output: {name: y, units: 2}]\n"+
					"data: {train: {csv: %q, label: [b, c]}}\n", classes, file))
			_, err := Load(s, "", network, 1, Options{})
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: %v, want %q", labels, err, want)
			}
		}
	}
}

// TestRemediesOfBadRows lists bad rows with what can be done about them: nothing, where every row is bad.
func TestRemediesOfBadRows(t *testing.T) {
	for table, want := range map[string]string{
		"a,y\nx,1\n2,1\n":       "1 bad row; --skip-bad-rows leaves it out",
		"a,y\nx,1\nz,1\n3,1":    "2 bad rows; --skip-bad-rows leaves them out",
		"a,y\n\"1,2\n":          "1 bad row; --skip-bad-rows leaves it out",
		"a,y\n1e99,1\n2e99,1\n": "2 bad rows, which are all there are: the spec hardly fits this table",
	} {
		s, network := network(t,
			fmt.Sprintf("input: {name: x, shape: [1], columns: [a]}\ntask: regression\nlayers: [output]\n"+
				"data: {train: {csv: %q, label: y}}\n", write(t, "a.csv", []byte(table))))
		_, err := Load(s, "", network, 1, Options{})
		var rows BadRows
		if err == nil || !strings.HasSuffix(err.Error(), "\n"+want) || !errors.As(err, &rows) {
			t.Errorf("%q: %v, want %s", table, err, want)
		}
	}
	if got := (BadRows{{File: "a", Msg: "b"}}).Text(false,
		"--x gives %s a line"); got != "a: b\n1 bad row; --x gives it a line" {
		t.Errorf("got %q", got)
	}
}
