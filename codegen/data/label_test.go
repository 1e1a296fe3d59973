package data

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestALabelIsNoFeature names the label among the features in each way, and in ways that are none.
func TestALabelIsNoFeature(t *testing.T) {
	const header, none = "input: {name: x, shape: [2]%s}\ntask: regression\nlayers: [output]\n", ""
	for _, c := range []struct {
		name, columns string
		src           spec.Source
		unlabeled     bool
		want          string
	}{
		{"another column", ", columns: [a, b]", spec.Source{Label: []string{"y"}}, false, ""},
		{"by name in columns", ", columns: [a, y]", spec.Source{Label: []string{"y"}}, false, `3:43: data: column "y"`},
		{"the last one", ", columns: [a, y]", spec.Source{}, false, `3:43: data: column "y"`},
		{"the first one", ", columns: [a, y]", spec.Source{Label: []string{"first"}}, false, `3:40: data: column "a"`},
		{"by a position", ", columns: [a, y]", spec.Source{Label: []string{"2"}}, false, `3:43: data: column "y"`},
		{"by name in features", none, spec.Source{Label: []string{"y"}, Features: []string{"b", "y"}}, false,
			`column "y" is the label, and a feature too`},
		{"predictions", ", columns: [a, y]", spec.Source{Label: []string{"y"}}, true, ""},
	} {
		_, network := network(t, fmt.Sprintf(header, c.columns))
		c.src.Format, c.src.Path = "csv", write(t, "x.csv", []byte("a,b,y\n1,2,3\n4,5,6\n"))
		_, _, err := Read(&c.src, "", network, Options{Unlabeled: c.unlabeled})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestATableOfOneLineSaysWhatItWasTakenFor reads tables whose only line is taken for one of names.
func TestATableOfOneLineSaysWhatItWasTakenFor(t *testing.T) {
	_, network := network(t, binaryNet)
	dir := t.TempDir()
	header := true
	for text, want := range map[string]string{
		"1.5,2\n": "without a header every row is an example",
		"a,b\n":   "no rows behind that of the names",
		"a,b\n" + strings.Repeat("1", 17<<20) + ",2\n": "x.csv:2: a line is longer than 16 MiB",
		strings.Repeat("1", 17<<20) + ",2\n":           "a line is longer than 16 MiB",
	} {
		if err := os.WriteFile(filepath.Join(dir, "x.csv"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		src := &spec.Source{Format: "csv", Path: "x.csv", Header: &header}
		_, _, err := Read(src, dir, network, Options{Unlabeled: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: error %v, want %q", text, err, want)
		}
	}
}

// TestNumbersThatCountColumnsAreNamesWithARemark predicts for tables of which the first row may be an example.
func TestNumbersThatCountColumnsAreNamesWithARemark(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [3]}\ntask: regression\nlayers: [output]\n")
	for text, want := range map[string]string{
		"1,2,3\n": "no rows behind that of the names; if its only row, 1,2,3, is an example, write data: " +
			"{train: {csv: …, header: false}}",
		"1,2,3\n0.5,0.1,0.3\n": "1,2,3, is taken for names, as it counts the columns",
		"a,b,c\n0.5,0.1,0.3\n": "these are taken in the order of the file: a, b, c",
		"1,2,4\n0.5,0.1,0.3\n": "",
	} {
		var remarks []string
		_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(text))}, "", network,
			Options{Unlabeled: true, Other: true, Remarks: &remarks})
		said := strings.Join(remarks, "\n")
		if err != nil {
			said = err.Error()
		}
		if (said == "") != (want == "") || !strings.Contains(said, want) {
			t.Errorf("%q: %q, want %q", text, said, want)
		}
	}
}

// TestALabelThatMovedIsTold predicts for tables without a header, of which the label is known by its place alone.
func TestALabelThatMovedIsTold(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("train.csv", "1.5,2,0\n3.5,1,1\n2.5,4,2\n")
	s, network := network(t, "input: {name: x, shape: [2]}\ntask: multiclass\nclasses: 3\nlayers: [output]\n"+
		"data: {train: {csv: train.csv, header: false, label: last}}\n")
	src := *s.Data.Train
	src.Path = "new.csv"
	for _, c := range []struct{ text, want string }{
		{"1.5,2,0\n3.5,1,1\n", ""},
		{"1.5,2\n3.5,1\n", ""},
		{"1.5,2,?\n3.5,1,1\n", ""},
		{"0,1.5,2.5\n1,3.5,1\n2,2.5,4.5\n", `new.csv:1: column 2, which holds the label in the training data and is left ` +
			`out, has "2.5" there, which is no class`},
	} {
		write("new.csv", c.text)
		var remarks []string
		_, _, err := Read(&src, dir, network, Options{Other: true, Unlabeled: true, Aligned: true, Notes: &Notes{},
			Like: HeaderAndUnitsOf(s.Data.Train, dir, network), Remarks: &remarks})
		if err != nil || c.want == "" && len(remarks) > 0 || !strings.Contains(strings.Join(remarks, "\n"), c.want) {
			t.Errorf("%q: %q, %v, want %q", c.text, remarks, err, c.want)
		}
	}
}

// TestColumnsOfAClassEachAreNoLabel reads a table with a column for each class, and names what to write in their place:
// whether there is one 1 in a row is not asked.
func TestColumnsOfAClassEachAreNoLabel(t *testing.T) {
	_, network := network(t, classes)
	src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("u,v,a,b,c\n1,2,0,1,0\n3,4,0.5,0,1\n")),
		Label: []string{"a", "b", "c"}}
	const want = "3 label columns, but the outputs need 1; if each has 1 in the rows of its class and 0 in others, write " +
		"one column with the name of the class"
	if _, _, err := Read(src, "", network, Options{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
