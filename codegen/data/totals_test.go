package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// auditText returns what an audit finds in a table; a finding that is wrong begins with an exclamation mark.
func auditText(t *testing.T, table, input, source string) string {
	t.Helper()
	base := t.TempDir()
	if err := os.WriteFile(filepath.Join(base, "t.csv"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	s, problems := spec.Parse("a.yaml", []byte("version: 1\nname: a\ninput: {name: x, "+input+
		"}\ntask: regression\nlayers: [output]\n"+
		"training: {epochs: 1, batch_size: 8, seed: 1, validation_split: 0.2}\ndata: {train: {csv: t.csv, "+source+
		"}, test_split: 0.2}\n"), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, os.DirFS(base))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	sets, err := Load(s, base, network, 1, Options{SkipBadRows: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, f := range sets.Findings {
		if f.Wrong {
			f.Text = "!" + f.Text
		}
		list = append(list, f.Text)
	}
	return strings.Join(list, "\n")
}

// TestTargetsFarOutAreFound puts a number in the place of one target, wherever it is, of a table and of a series.
func TestTargetsFarOutAreFound(t *testing.T) {
	for _, at := range []int{0, 3, 40, 70, 99} {
		table, series := "a,b\n", "t,v\n"
		for i := range 100 {
			y := 100 + 30*math.Sin(float64(i))
			if i == at {
				y *= 50
			}
			table += fmt.Sprintf("%g,%.3f\n", math.Cos(float64(7*i)), y)
			series += fmt.Sprintf("%d,%.3f\n", i, y)
		}
		if got := auditText(t, table, "shape: [1]", "label: b"); !strings.Contains(got,
			`!label "b": 1 target of 100 further than 10 deviations`) {
			t.Errorf("row %d: %q", at, got)
		}
		got := auditText(t, series, "shape: [5]", "label: v, series: {columns: [v], index: t}")
		if !strings.Contains(got, `!label "v": 1 target of 100 further than 10 deviations`) {
			t.Errorf("step %d: %q", at, got)
		}
	}
	heavy := "a,b\n"
	for i := range 200 { // a log-normal tail, whose numbers come one behind the other
		heavy += fmt.Sprintf("%g,%.3f\n", math.Cos(float64(7*i)),
			math.Exp(2.2*math.Sqrt2*math.Erfinv(2*(float64(i)+0.5)/200-1)))
	}
	if got := auditText(t, heavy, "shape: [1]", "label: b"); strings.Contains(got, "!") ||
		!strings.Contains(got, `label "b": `) {
		t.Errorf("a heavy tail: %q", got)
	}
}

// TestARowOfTotalsIsNamed ends tables with a row that sums up the others, and with one that does not.
func TestARowOfTotalsIsNamed(t *testing.T) {
	rows := "w,a,b\n"
	for i := range 60 {
		rows += fmt.Sprintf("%c,%g,%g\n", 'p'+i%3, math.Cos(float64(7*i)), math.Sin(float64(i)))
	}
	columns := "shape: [5], columns: [{name: w, max_words: 3, other: true}, {name: a}]"
	for _, c := range []struct{ last, want string }{
		{"Total,1,2\n", `t.csv:62: the last row says "Total" in column "w": it sums up others, and is left out`},
		{"Summe: ,1,2\n", `t.csv:62: the last row says "Summe:" in column "w"`},
		{",Sum,2\n", `t.csv:62: the last row says "Sum" in column "a": it sums up others`},
		{"Total,1,2\nSource: them\n", `t.csv:62: the last row says "Total" in column "w": it sums up others, and is left out`},
		{"p,1,2\n", ""},
		{"total,1,2\ntotal,1,2\n", ""},
	} {
		got := auditText(t, rows+c.last, columns, "label: b")
		if c.want == "" && strings.Contains(got, "last row") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.last, got, c.want)
		}
	}
}
