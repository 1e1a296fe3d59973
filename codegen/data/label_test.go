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
		"a,b,c\n0.5,0.1,0.3\n": "",
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
