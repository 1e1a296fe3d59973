package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestUnitsAreThoseOfTheTrainingRows reads tables of two sets whose numbers have units.
func TestUnitsAreThoseOfTheTrainingRows(t *testing.T) {
	for _, c := range []struct{ column, train, test, want string }{
		{"y", "%d kg", "%d kg", ""},
		{"y", "%d kg", "%d", ""},
		{"y", "%d kg", "(%d kg)", ""},
		{"y", "%d kg", "%d g", `"3 g" is no number of kg`},
		{"y", "$%d", "€%d", `"€3" is no number of $`},
		{"x", "$%d", "€%d", `"€3" is no number of $`},
		{"y", "$%d", "%d%%", `"3%" is no number of $`},
		{"y", "$%d", "%d USD", `"3 USD" is no number of $`},
		{"y", "$%d", "$%dm", ""},
		{"y", "$%d", "%dm", `"3m" is no number of $`},
		{"y", "%d", "%d%%", `"3%" is not a number; those of the column are without a unit`},
		{"x", "%d", "$%d", `"$3" is not a number; those of the column are without a unit`},
		{"y", "%d%%", "%d", ""},
		{"y", "%d%%", "0.%d", `"0.3" may be a share or percent`},
		{"y", "%d", "%d g", `"3 g" is not a number`},
		{"y", "%dh 30m", "%dh", ""},
		{"y", "%dh 30m", "%d kg", `"3 kg" is no duration`},
		{"y", "%d min", "%dh 30m", `"3h 30m" is no number of min`},
	} {
		t.Run(c.train+" "+c.test, func(t *testing.T) {
			dir := t.TempDir()
			for file, format := range map[string]string{"train.csv": c.train, "test.csv": c.test} {
				text := "x,y\n"
				for i := 3; i < 9; i++ {
					row := fmt.Sprintf(format, i) + fmt.Sprintf(",%d\n", i*i)
					if c.column == "y" {
						row = fmt.Sprintf("%d,"+format+"\n", i*i, i)
					}
					text += row
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, err := range bothReadings(t, dir, "shape: [1]", "test.csv") {
				if c.column == "x" && err != nil && strings.Contains(err.Error(), `column "x" have a unit; say so in the spec`) {
					continue
				}
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("%v, want %q", err, c.want)
				}
			}
		})
	}
}

// bothReadings returns the errors of reading a file as the test set of a spec, which trains on train.csv, and as a file
// that the spec does not name.
func bothReadings(t *testing.T, dir, input, file string) [2]error {
	t.Helper()
	s, network := network(t, "input: {name: x, "+input+"}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: train.csv, label: y}, test: {csv: "+file+", label: y}}\n")
	_, loaded := Load(s, dir, network, 1, Options{})
	src := &spec.Source{Format: "csv", Path: file, Label: []string{"y"}}
	_, _, read := Read(src, dir, network, Options{Other: true, Like: HeaderAndUnitsOf(s.Data.Train, dir, network)})
	return [2]error{loaded, read}
}

// TestSumsInThousandsAreReadWhereTheTrainingRowsHaveNone reads $3m in a column of whole sums.
func TestSumsInThousandsAreReadWhereTheTrainingRowsHaveNone(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{"train.csv": "x,y\n1,$200\n2,\"$3,000\"\n",
		"new.csv": "x,y\n1,$3m\n2,$1.5K\n3,$7\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, network := network(t, "input: {name: x, shape: [1]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: train.csv, label: y}, test: {csv: new.csv, label: y}}\n")
	sets, err := Load(s, dir, network, 1, Options{})
	if err != nil || !slices.Equal(sets.Test.Y[0], []float32{3e6, 1500, 7}) {
		t.Errorf("%v, %v", sets, err)
	}
}

// TestAMissingFieldIsNoZero reads a series whose numbers have units, and one of which is missing.
func TestAMissingFieldIsNoZero(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [2, 1]}\ntask: regression\nlayers: [flatten, output]\n")
	for _, unit := range []string{"", " kg"} {
		text := "a\n"
		for i := range 9 {
			if text += fmt.Sprintf("%d%s\n", i+1, unit); i == 4 {
				text += "-\n"
			}
		}
		src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(text)), Delimiter: ",",
			Series: &spec.Series{Columns: []string{"a"}, Horizon: 1, Steps: 1, SamplingRate: 1, SequenceStride: 1}}
		_, bad, err := Read(src, "", network, Options{})
		if err == nil || !strings.Contains(err.Error(), "x.csv:7") {
			t.Errorf("%q: %v, %v", unit, bad, err)
		}
	}
}

// TestCommentsAreSaid reads a table with a comment among its rows.
func TestCommentsAreSaid(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [1]}\ntask: regression\nlayers: [output]\n")
	src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("a,y\n1,2\n# of May\n3,4\n")), Label: []string{"y"}}
	var remarks []string
	set, _, err := Read(src, "", network, Options{Remarks: &remarks})
	if err != nil || set.N != 2 || len(remarks) != 1 || !strings.Contains(remarks[0], "1 line of ") {
		t.Errorf("%d examples, %q, %v", set.N, remarks, err)
	}
}

// TestFilesAreReadWithTheDecimalMarkOfTheTrainingRows reads a file in which a comma is seen more often than a point.
func TestFilesAreReadWithTheDecimalMarkOfTheTrainingRows(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{"train.csv": "x,y\n1.5,2\n2.5,3\n3.5,4\n",
		"new.csv": "x,y\n1,2\n\"200,00\",3\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, columns := range []string{"", ", columns: [x]"} {
		const want = `new.csv:3: column "x": "200,00" has a decimal comma, where numbers have a decimal point`
		for _, err := range bothReadings(t, dir, "shape: [1]"+columns, "new.csv") {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", columns, err, want)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte("x;y\n1;2\n2,5;3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, network := network(t, "input: {name: x, shape: [1], columns: [x]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: train.csv, label: y}}\n")
	if _, err := Load(s, dir, network, 1, Options{}); err == nil ||
		!strings.Contains(err.Error(), `train.csv:3: "2,5" has a decimal comma`) {
		t.Error(err)
	}
}

// TestUnitsOfAHorizonFollowFromItsSteps builds networks over a series.
func TestUnitsOfAHorizonFollowFromItsSteps(t *testing.T) {
	text := "a,b\n"
	for i := range 40 {
		text += fmt.Sprintf("%d,%d\n", i, i*i)
	}
	file := write(t, "x.csv", []byte(text))
	const rest = "input: {name: x, shape: [6, 2]}\ntask: regression\nlayers: [flatten, {output: {%s}}]\n" +
		"data: {train: {csv: %s, label: %s, series: {columns: [a, b], horizon: {steps: 3}}}}\n"
	for _, c := range []struct {
		output, label string
		units         int
	}{{"standardize: true", "a", 3}, {"standardize: true", "[a, b]", 6}, {"quantiles: [0.1, 0.9]", "a", 6},
		{"units: 3", "a", 3}} {
		s, network := network(t, fmt.Sprintf(rest, c.output, file, c.label))
		_, err := Load(s, "", network, 1, Options{})
		if n := network.Outputs[0].Layer.Shape.Size(); n != c.units || err != nil {
			t.Errorf("%v: %d units, %v", c, n, err)
		}
	}
	s, network := network(t, fmt.Sprintf(rest, "units: 4", file, "a"))
	_, err := Load(s, "", network, 1, Options{})
	if err == nil || !strings.Contains(err.Error(), "net.yaml:5:") || strings.Contains(err.Error(), "x.csv") {
		t.Error(err)
	}
}

// TestUnitsBelowNamesAreThoseOfTheTrainingRows reads files whose header has a second line.
func TestUnitsBelowNamesAreThoseOfTheTrainingRows(t *testing.T) {
	dir := t.TempDir()
	rows := "1,2,3\n4,5,6\n7,8,9\n2,5,1\n"
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte("a,b,y\ncm,kg,\n"+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	for units, want := range map[string]string{"cm,kg,\n": "", "": "",
		"in,kg,\n": `new.csv:2: below column "a" stands "in", where the training rows have "cm"`} {
		if err := os.WriteFile(filepath.Join(dir, "new.csv"), []byte("a,b,y\n"+units+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, err := range bothReadings(t, dir, "shape: [2]", "new.csv") {
			if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
				t.Errorf("%q: %v, want %q", units, err, want)
			}
		}
	}
}
