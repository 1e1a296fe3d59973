package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// TestALastRowOfSumsIsLeftOut has a row of sums without a word that says so, and ones that are none.
func TestALastRowOfSumsIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		last     string
		training int
		sums     bool
	}{
		{",780,1520.00\n", 40, true}, {",780,\n", 40, true}, {",781,1520.00\n", 41, false}, {"b,780,1520.00\n", 41, false},
		{"Total,780,1520.00\n", 40, false},
	} {
		text := "k,a,y\n"
		for i := range 40 {
			text += fmt.Sprintf("%c,%d,%d.50\n", 'a'+i%2, i, 2*i-1)
		}
		text = strings.Replace(text, "a,0,-1.50", "a,0,-0.50", 1)
		text = strings.Replace(text, "b,39,77.50", "b,39,57.50", 1)
		s, network := network(t, "input: {name: x, shape: [4], columns: [{name: k, words: [a, b], missing: true}, a]}\n"+
			"task: regression\nlayers: [output]\ndata: {train: {csv: "+write(t, "t.csv", []byte(text+c.last))+", label: y}}\n")
		sets, err := Load(s, "", network, 1, Options{SkipBadRows: 0.1})
		if err != nil {
			t.Errorf("%q: %v", c.last, err)
			continue
		}
		said := slices.ContainsFunc(sets.Remarks, func(r string) bool {
			return strings.Contains(r, "42: the last row adds up those above it, and is left out")
		})
		if sets.Train.N != c.training || said != c.sums {
			t.Errorf("%q: %d examples, %q", c.last, sets.Train.N, sets.Remarks)
		}
	}
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

// TestANumberFarOutIsFoundWhereverItIs puts 1e38 in the place of one number of a column that varies, of one that is 0
// but for a flag, and of one that is 0 throughout, in rows for training and in others: each time one line names it.
func TestANumberFarOutIsFoundWhereverItIs(t *testing.T) {
	for _, name := range []string{"varied", "flag", "constant"} {
		for at := range 30 {
			table := "a,b,y\n"
			for i := range 100 {
				a := map[string]string{"varied": fmt.Sprintf("%.3f", math.Cos(float64(7*i))), "constant": "0",
					"flag": strconv.Itoa(1 - min(i%9, 1))}[name]
				if i == at {
					a = "1e38"
				}
				table += fmt.Sprintf("%s,%.3f,%.3f\n", a, math.Sin(float64(3*i)), math.Sin(float64(i)))
			}
			if got := auditText(t, table, "shape: [2]", "label: y"); strings.Count(got, "such as 1e+38") != 1 {
				t.Errorf("%s, row %d: %q", name, at, got)
			}
		}
	}
	rare := "a,b,y\n" // amounts among zeros
	for i := range 100 {
		rare += fmt.Sprintf("%d,%.3f,%.3f\n", 4200*(1-min(i%9, 1)), math.Sin(float64(3*i)), math.Sin(float64(i)))
	}
	if got := auditText(t, rare, "shape: [2]", "label: y"); strings.Contains(got, "such as") {
		t.Errorf("amounts among zeros: %q", got)
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
		{"Total,1,2\nSource: them\n",
			`t.csv:62: the last row says "Total" in column "w": it sums up others, and is left out`},
		{"p,1,2\n", ""},
		{"total,1,2\ntotal,1,2\n", ""},
	} {
		got := auditText(t, rows+c.last, columns, "label: b")
		if c.want == "" && strings.Contains(got, "last row") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.last, got, c.want)
		}
	}
}

// TestColumnsThatAreAlikeHaveOneRemark has columns that do not vary, that hold the same, and that hold numbers far out.
func TestColumnsThatAreAlikeHaveOneRemark(t *testing.T) {
	table := "k0,k1,k2,k3,k4,a,b,c,f0,f1,f2,f3,f4,f5,y\n"
	for i := range 100 {
		a := math.Cos(float64(7 * i))
		table += fmt.Sprintf("0,1,2,3,4,%.3f,%.3[1]f,%.3[1]f", a)
		for k := range 6 {
			f := math.Sin(float64(i*(k+3) + k))
			if i == 50+k || i == 20+k {
				f *= 100
			}
			table += fmt.Sprintf(",%.3f", f)
		}
		table += fmt.Sprintf(",%.3f\n", math.Sin(float64(i)))
	}
	got := auditText(t, table, "shape: [14]", "label: y")
	for _, want := range []string{
		`5 columns are the same in all training rows: they say nothing: column "k0", column "k1", column "k2" and 2 more`,
		`2 columns hold the same as others in all training rows: column "b" as column "a", column "c" as column "b"`,
		" columns more hold numbers far out",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not one remark of\n%s", want, got)
		}
	}
	if n := strings.Count(got, "further than 10 deviations"); n > 3 {
		t.Errorf("%d remarks on numbers far out in\n%s", n, got)
	}
}

// TestARowOfTotalsHasALineInPredictions reads the same rows for predictions and for an evaluation: the first keeps one
// example for each row, and what is said is what happens.
func TestARowOfTotalsHasALineInPredictions(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [1], columns: [a]}\ntask: regression\nlayers: [output]\n")
	file := write(t, "t.csv", []byte("w,a,b\np,1,2\nq,3,4\nTotal,4,6\n"))
	for _, c := range []struct {
		o    Options
		n    int
		want string
	}{
		{Options{Unlabeled: true, Aligned: true}, 3, "it sums up others, but has its line, as each row has"},
		{Options{}, 2, "it sums up others, and is left out"},
	} {
		var said []string
		c.o.Other, c.o.Remarks = true, &said
		set, _, err := Read(&spec.Source{Format: "csv", Path: file, Label: []string{"b"}}, "", network, c.o)
		if err != nil || set.N != c.n || len(said) != 1 || !strings.Contains(said[0], c.want) {
			t.Errorf("%+v: %d examples, %q, %v; want %d, %q", c.o, set.N, said, err, c.n, c.want)
		}
	}
}

// TestARowOfTotalsIsSaidOnce has a last row that says so where numbers stand, and one that is all sums: neither is an
// example, a bad row, or said twice.
func TestARowOfTotalsIsSaidOnce(t *testing.T) {
	for last, said := range map[string]string{"Total,1520.00\n": `says "Total"`, "780,1520.00\n": "adds up those above it",
		"780,1521\n": "", "780,1520.01\n": "adds up those above it"} {
		text := "a,y\n"
		for i := range 40 {
			text += fmt.Sprintf("%d,%d\n", i, 2*i-1)
		}
		s, network := network(t, "input: {name: x, shape: [1], columns: [a]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: "+
			write(t, "t.csv", []byte(text+last))+"}}\n")
		sets, err := Load(s, "", network, 1, Options{})
		if err != nil {
			t.Errorf("%s: %v", last, err)
			continue
		}
		want := 40
		if said == "" {
			want = 41
		}
		n := 0
		for _, r := range sets.Remarks {
			n += strings.Count(r, "the last row")
		}
		if sets.Train.N != want || len(sets.Skipped) > 0 ||
			said != "" && (n != 1 || !strings.Contains(strings.Join(sets.Remarks, "\n"), said)) {
			t.Errorf("%s: %d examples, %d bad rows, %q", last, sets.Train.N, len(sets.Skipped), sets.Remarks)
		}
	}
}

// TestRowsThatDoubleAreNoTotals has numbers of which each is the sum of those before and 1 more, or 3; and rare flags,
// of which the last row has the only other 1.
func TestRowsThatDoubleAreNoTotals(t *testing.T) {
	doubles, flags := "a,y\n", "a,y\n"
	wide, floats, sums := "a,y\n", "a,y\n", "a,y\n" // beyond what float32 holds exactly; sums has such a last row
	for i := range 40 {
		wide += fmt.Sprintf("%d,%d\n", 1<<i, 3<<i)
		floats += fmt.Sprintf("%d.0,%d.0\n", 1<<i, 3<<i)
		sums += fmt.Sprintf("%d,%d\n", 20_000_001+i, 3*i)
	}
	sums += "800000820,2340\n"
	for i := range 20 {
		doubles += fmt.Sprintf("%d,%d\n", 1<<i, 3<<i)
		flags += [...]string{3: "1,0\n", 8: "0,1\n", 19: "1,1\n"}[i]
		if i != 3 && i != 8 && i != 19 {
			flags += "0,0\n"
		}
	}
	for _, text := range []string{doubles, flags, wide, floats, sums} {
		want := min(40, strings.Count(text, "\n")-1)
		s, network := network(t, "input: {name: x, shape: [1], columns: [a]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: "+write(t, "t.csv", []byte(text))+"}}\n")
		if sets, err := Load(s, "", network, 1, Options{}); err != nil || sets.Train.N != want {
			t.Errorf("%v, %d rows of %d of\n%s", err, sets.Train.N, want, text)
		}
	}
}
