package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

const table10 = "year,a,b,y\n1,1,10,0.1\n2,2,20,0.2\n3,3,30,0.3\n4,4,40,0.4\n5,5,50,0.5\n6,6,60,0.6\n"

func series(columns ...string) *spec.Series {
	return &spec.Series{Columns: columns, Horizon: 1, SamplingRate: 1, SequenceStride: 1}
}

func number64(v float64) *float64 { return &v }

// TestForecastsAreFromTheLastRow predicts by windows of a stride: the last of them ends with the table.
func TestForecastsAreFromTheLastRow(t *testing.T) {
	_, net := network(t, "input: {name: x, shape: [2, 1]}\ntask: regression\nlayers: [flatten, output]\n")
	s := series("a")
	s.SamplingRate, s.SequenceStride = 2, 2
	src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(table10)), Series: s}
	set, _, err := Read(src, "", net, Options{Unlabeled: true, Other: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]float32{{2, 4, 4, 6}}, set.X); d != "" {
		t.Error(d)
	}
}

func TestSeriesAreWindowsOverRows(t *testing.T) {
	_, net := network(t, "input: {name: x, shape: [2, 1]}\ntask: regression\nlayers: [flatten, output]\n")
	_, wide := network(t, "input: {name: x, shape: [2, 2]}\ntask: regression\nlayers: [flatten, output]\n")
	file := write(t, "x.csv", []byte(table10))
	later := series("a")
	later.Index, later.From, later.To = "year", number64(4), number64(5)
	rare := series("a")
	rare.SamplingRate, rare.SequenceStride, rare.Horizon = 2, 2, 2
	for _, c := range []struct {
		name string
		src  spec.Source
		want fit.Set
		un   bool
	}{
		{"each window and what follows", spec.Source{Series: series("a")},
			fit.Set{N: 4, X: [][]float32{{1, 2, 2, 3, 3, 4, 4, 5}}, Y: [][]float32{{3, 4, 5, 6}}}, false},
		{"labels decide, windows reach back", spec.Source{Series: later},
			fit.Set{N: 2, X: [][]float32{{2, 3, 3, 4}}, Y: [][]float32{{4, 5}}}, false},
		{"rate, stride, horizon", spec.Source{Series: rare}, fit.Set{N: 1, X: [][]float32{{1, 3}}, Y: [][]float32{{5}}},
			false},
		{"without labels, the last window too", spec.Source{Series: later},
			fit.Set{N: 5, X: [][]float32{{1, 2, 2, 3, 3, 4, 4, 5, 5, 6}}}, true},
		{"another column as label", spec.Source{Series: series("a"), Label: []string{"y"}},
			fit.Set{N: 4, X: [][]float32{{1, 2, 2, 3, 3, 4, 4, 5}}, Y: [][]float32{{0.3, 0.4, 0.5, 0.6}}}, false},
		{"weights are those of the labels", spec.Source{Series: later, Weight: "b"},
			fit.Set{N: 2, X: [][]float32{{2, 3, 3, 4}}, Y: [][]float32{{4, 5}}, W: []float32{40, 50}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.src.Format, c.src.Path = "csv", file
			got, _, err := Read(&c.src, "", net, Options{Unlabeled: c.un})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
	got, _, err := Read(&spec.Source{Format: "csv", Path: file, Series: series("a", "b"), Label: []string{"y"}}, "", wide,
		Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float32{1, 10, 2, 20, 2, 20, 3, 30}, got.X[0][:8]); d != "" {
		t.Error("two columns:", d)
	}
}

func TestBadSeriesAreErrors(t *testing.T) {
	_, net := network(t, "input: {name: x, shape: [3]}\ntask: regression\nlayers: [output]\n")
	indexed := series("a")
	indexed.Index = "year"
	for _, c := range []struct{ text, want string }{
		{"year,a\n1,1\n2,x\n3,3\n4,4\n5,5\n6,6\n", `:3: column "a": "x" is not a number`},
		{"year,a\n1,1\n3,2\n3,3\n4,4\n",
			`:4: column "year": this time comes twice, here and in the row before: "3", as in 1 of 4 rows; keep one row`},
		{"year,a\n1,1\n3,2\n3,3\n2,4\n",
			`in the row before: "3"; of 4 rows 1 repeat a time, and 1 are out of its order; sort the file by "year", and keep`},
		{"year,a\n1,1\n2,2\n3,3\n1,1\n2,2\n3,3\n",
			`:5: column "year": out of the order of time: "3", then "1"; 3 of 6 rows come at the time of another: the file holds several series`},
		{"year,a\n1,1\n1,1\n2,2\n2,2\n",
			`in the row before: "1"; 2 of 4 rows come at the time of another: the file holds several series`},
		{"year,a\n1,1\n2,2\n", `windows of 3 steps reach over 3 rows, but there are 2`},
		{"year,a\n1,1\n2,2\n3,3\n", "no examples"},
		{"year,b\n1,1\n2,2\n3,3\n4,4\n", `no column "a"`},
	} {
		_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(c.text)), Series: indexed}, "", net,
			Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	for _, c := range []struct{ times, want string }{
		{"2023-10-29 00:00,2023-10-29 01:00,2023-10-29 02:00,2023-10-29 02:00,2023-10-29 03:00",
			"as where clocks are set back"},
		{"2023-10-29 02:30,2023-10-29 02:45,2023-10-29 02:00,2023-10-29 02:15,2023-10-29 02:30,2023-10-29 02:45", "set back"},
		{"2023-10-28 00:00,2023-10-28 01:00,2023-10-28 02:00,2023-10-28 02:00,2023-10-28 03:00", `in the row before: "2023-10-28 02:00"`},
		{"2023-10-29 02:00Z,2023-10-29 03:00Z,2023-10-29 03:00Z", `in the row before: "2023-10-29 03:00Z"`},
		{"2023-10-29 02:00+01,2023-10-29 03:00+01,2023-10-29 03:00+01", `in the row before: "2023-10-29 03:00+01"`},
		{"2023-10-29 02:00 CET,2023-10-29 03:00 CET,2023-10-29 03:00 CET", `in the row before: "2023-10-29 03:00 CET"`},
		{"10/29/2023 1:00 AM,10/29/2023 2:00 AM,10/29/2023 2:00 AM", "as where clocks are set back"},
		{"2023-10-29 02:00+02:00,2023-10-29 02:00+01:00,2023-10-29 03:00+01:00,2023-10-29 04:00+01:00", ""},
	} {
		_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv",
			[]byte("year,a\n"+strings.ReplaceAll(c.times, ",", ",1\n")+",1\n")), Series: indexed}, "", net, Options{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.times, err, c.want)
		}
	}
	strict := *indexed
	strict.Gaps = "error"
	_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("year,a\n1,1\n2,1\n2,1\n4,1\n5,1\n")),
		Series: &strict}, "", net, Options{})
	if want := `:4: column "year": this time comes twice, here and in the row before: "2"; then `; err == nil ||
		!strings.Contains(err.Error(), want) || !errors.Is(err, ErrGap) {
		t.Errorf("a time again before a gap: got %v, want %q", err, want)
	}
	set, bad, err := Read(&spec.Source{Format: "csv", Path: write(t,
		"x.csv", []byte("year,a\n1,1\n2,x\n3,3\n4,4\n5,5\n6,6\n")), Series: indexed}, "", net, Options{SkipBadRows: 1})
	if err != nil || len(bad) != 1 || set.N != 1 || set.Y[0][0] != 6 {
		t.Errorf("with a bad row skipped: %v, %v, %v", set, bad, err)
	}
	two := series("a", "year")
	if _, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("year,a\n1,1\n2,2\n3,3\n4,4\n")),
		Series: two}, "", net, Options{}); err == nil || !strings.Contains(err.Error(), "steps of 2 columns do not fill") {
		t.Error(err)
	}
	_, ahead := network(t, "input: {name: x, shape: [3]}\ntask: regression\nlayers: [{output: {units: 4}}]\n")
	far := series("a")
	far.Horizon = 4
	hint := "1 label column, but the outputs need 4; to foretell 4 steps, one after another, write series: {…, " +
		"horizon: {steps: 4}}"
	if _, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("a\n1\n5\n3\n4\n5\n6\n7\n8\n9\n")),
		Series: far}, "", ahead, Options{}); err == nil || !strings.Contains(err.Error(), hint) {
		t.Errorf("got %v, want %s", err, hint)
	}
	_, text := network(t,
		"input: {name: x, shape: [3]}\ntask: regression\n"+
			"layers: [{embedding: {input_dim: 5, output_dim: 2}}, flatten, output]\n")
	want := `:3: column "a": 5 is no token of input "x": those are the whole numbers from 0 to 4`
	if _, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte("a\n1\n5\n3\n4\n")),
		Series: series("a")}, "", text, Options{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSplitsOfSeriesAreTheLastWindows(t *testing.T) {
	s, net := network(t,
		"input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\ntraining: {validation_split: 0.5}\ndata:\n"+
			"  test_split: 0.25\n  train: {csv: "+
			write(t, "x.csv", []byte("a\n1\n2\n3\n4\n5\n6\n"))+", header: true, series: {columns: [a]}}\n")
	sets, err := Load(s, "", net, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]float32{{3}, {4, 5}, {6}}, [][]float32{sets.Train.Y[0],
		sets.Validation.Y[0], sets.Test.Y[0]}); d != "" {
		t.Error(d)
	}
}

// TestNoLabelIsBothTrainedOnAndHeldOut splits windows that foretell three rows each, by shares and in folds: the last
// windows before those held out foretell rows that those do, and are left out.
func TestNoLabelIsBothTrainedOnAndHeldOut(t *testing.T) {
	var table strings.Builder
	table.WriteString("a\n")
	for i := range 44 {
		fmt.Fprintln(&table, i)
	}
	file := write(t, "x.csv", []byte(table.String()))
	for _, c := range []struct{ stride, left int }{{1, 2}, {2, 1}, {3, 0}} {
		s, net := network(t, fmt.Sprintf("input: {name: x, shape: [2]}\ntask: regression\nlayers: [output: {units: 3}]\n"+
			"training: {validation_split: 0.25}\ndata:\n  test_split: 0.25\n  train: {csv: %q, header: true, series: "+
			"{columns: [a], horizon: {steps: 3}, sequence_stride: %d}}\n", file, c.stride))
		for _, fold := range []*Fold{nil, {K: 3, I: 1}} {
			sets, err := Load(s, "", net, 1, Options{Fold: fold})
			if err != nil {
				t.Fatal(err)
			}
			last := float32(0)
			for _, set := range []fit.Set{sets.Train, sets.Validation, sets.Held, sets.Test} {
				if set.N == 0 {
					continue
				}
				first := set.Y[0][0]
				if gap := int(first-last) - 1; last > 0 && fold == nil && (gap < 0 || gap >= c.stride) || first <= last {
					t.Errorf("stride %d: labels from %g on behind those up to %g", c.stride, first, last)
				}
				last = set.Y[0][len(set.Y[0])-1]
			}
			want := fmt.Sprintf("%s left out before those held out", spec.Count(2*c.left, "window"))
			if said := slices.ContainsFunc(sets.Remarks,
				func(r string) bool { return strings.HasPrefix(r, want) }); said != (c.left > 0) {
				t.Errorf("stride %d: %q, want %q", c.stride, sets.Remarks, want)
			}
		}
	}
}

// TestGapsAreFilled leaves days out: rows are put there, on the line between their neighbours, and from and to count
// them. They are steps of windows, but no labels, nor the last step.
func TestGapsAreFilled(t *testing.T) {
	file := write(t, "a.csv", []byte("day,v\n2020-01-30,1\n2020-01-31,2\n2020-02-01,3\n2020-02-04,9\n2020-02-05,10\n"))
	rest := fmt.Sprintf("input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: %q, series: {columns: [v], index: day, gaps: fill, from: 20200202}}}\n", file)
	s, network := network(t, rest)
	sets, err := Load(s, "", network, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float32{7, 9}, sets.Train.X[0]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]float32{10}, sets.Train.Y[0]); d != "" {
		t.Error(d)
	}
	if !slices.ContainsFunc(sets.Remarks, func(r string) bool { return strings.HasPrefix(r, "2 rows put into gaps") }) {
		t.Error(sets.Remarks)
	}
	notes := &Notes{}
	src := *s.Data.Train
	if _, _, err := Read(&src, "", network, Options{Unlabeled: true, Notes: notes}); err != nil {
		t.Fatal(err)
	}
	want := []string{"2020-02-01", "2020-02-02", "2020-02-03", "2020-02-04", "2020-02-05", "2020-02-06"}
	if got := []int{notes.FilledOf(-1), notes.FilledOf(2), notes.FilledOf(3), notes.FilledOf(100)}; !slices.Equal(got,
		[]int{0, 0, 1, 2}) {
		t.Error("filled among the last rows:", got)
	}
	if d := cmp.Diff([]int{0, 0, 1, 2, 1, 0}, notes.Filled); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, notes.Times); d != "" || notes.After(2) != "2020-02-07" {
		t.Error(d, notes.After(2))
	}
}

// TestAClassInAdvanceIsRefused has a column with a number for each class of a later row.
func TestAClassInAdvanceIsRefused(t *testing.T) {
	for task, classes := range map[string][]string{"multiclass": {"up", "down", "flat"}, "binary": {"up", "down"}} {
		_, net := network(t,
			fmt.Sprintf("input: {name: x, shape: [3, 2]}\ntask: %s\nclasses: [%s]\nlayers: [flatten, output]\n", task,
				strings.Join(classes, ", ")))
		class := func(i int) int { return i * i % 41 % len(classes) }
		for ahead, leaks := range []bool{false, true, true, true, false} {
			for _, but := range []int{-1, 20} {
				text := "a,code,y\n"
				for i := range 40 {
					code := 10 * class(i+ahead)
					if i == but {
						code += 10
					}
					text += fmt.Sprintf("%d,%d,%s\n", i%5, code, classes[class(i)])
				}
				src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(text)),
					Series: series("a", "code"), Label: []string{"y"}}
				_, _, err := Read(src, "", net, Options{})
				if refused := err != nil && strings.Contains(err.Error(), `column "code" is the label "y" of`); refused != (leaks &&
					but < 0) || err != nil && !refused {
					t.Errorf("%s, %d rows ahead, but for %d: %v", task, ahead, but, err)
				}
			}
		}
	}
}

// TestMonthsInDigitsHaveNoGaps reads an index of months in six digits, which is one of dates, and one with a month left
// out.
func TestMonthsInDigitsHaveNoGaps(t *testing.T) {
	for _, quarters := range []bool{false, true} {
		text := "at,v\n"
		for i := range 60 {
			at := fmt.Sprintf("%d%02d", 2015+i/12, i%12+1)
			if quarters {
				at = fmt.Sprintf("%d-Q%d", 2005+i/4, i%4+1)
			}
			if i != 45 {
				text += fmt.Sprintf("%s,%d\n", at, i)
			}
		}
		_, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n")
		s := series("v")
		s.Index, s.Gaps = "at", "fill"
		set, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(text)), Series: s}, "", network,
			Options{})
		if err != nil || set.N != 56 || set.Y[0][43] != 47 {
			t.Errorf("quarters %t: %d windows, %v", quarters, set.N, err)
		}
	}
}

// TestWindowsThatLeakAreRefused has a column that holds the label of a later row: of the next, of one in the window of
// the next, of one within a longer forecast. What holds it but for one row, or too late, is a column as any.
func TestWindowsThatLeakAreRefused(t *testing.T) {
	table := func(ahead, but int) string {
		var b strings.Builder
		b.WriteString("t,a,other,y\n")
		value := func(i int) int { return i * i % 41 }
		for i := range 40 {
			other := value(i + ahead)
			if i == but {
				other++
			}
			fmt.Fprintf(&b, "%d,%d,%d,%d\n", i, i%5, other, value(i))
		}
		return b.String()
	}
	_, net := network(t, "input: {name: x, shape: [3, 2]}\ntask: regression\nlayers: [flatten, output]\n")
	for _, c := range []struct {
		ahead, but int
		columns    []string
		leaks      bool
	}{
		{1, -1, []string{"a", "other"}, true}, {2, -1, []string{"a", "other"}, true}, {3, -1, []string{"a", "other"}, true},
		{1, 20, []string{"a", "other"}, false}, {0, -1, []string{"a", "other"}, false},
		{-1, -1, []string{"a", "other"}, false},
		{4, -1, []string{"a", "other"}, false}, {1, -1, []string{"a", "y"}, false},
	} {
		src := &spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(table(c.ahead, c.but))),
			Series: series(c.columns...), Label: []string{"y"}}
		_, _, err := Read(src, "", net, Options{})
		want := fmt.Sprintf("in each row column \"other\" is the label \"y\" of %s later", spec.Count(c.ahead, "row"))
		if c.leaks != (err != nil && strings.Contains(err.Error(), want)) || !c.leaks && err != nil {
			t.Errorf("%d rows ahead, but for %d, columns %v: %v", c.ahead, c.but, c.columns, err)
		}
	}
}

// TestWhatIsFilledIsNoLabel leaves rows out of a series whose values are their times, and fields of others: all windows
// are there, in the sets of a training and in a file that is evaluated, but for those whose label or last step was
// filled.
func TestWhatIsFilledIsNoLabel(t *testing.T) {
	const rows, length = 200, 4
	absent := func(i int) bool { return i >= 60 && i < 70 || i >= 170 && i < 178 }
	empty := func(i int) bool { return i == 1 || i == 100 || i == 101 || i == rows-1 }
	value := func(i int) float32 { return float32(i * i % 97) }
	var b strings.Builder
	b.WriteString("at,a,y\n")
	for i := range rows {
		switch {
		case absent(i):
		case empty(i):
			fmt.Fprintf(&b, "%d,,%v\n", i, value(i))
		default:
			fmt.Fprintf(&b, "%d,%v,%v\n", i, value(i), value(i))
		}
	}
	file := write(t, "a.csv", []byte(b.String()))
	filled := func(i int) bool { return absent(i) || empty(i) }
	for _, c := range []struct {
		rate, ahead, steps int
		target             string
	}{{1, 1, 1, ""}, {1, 3, 1, ""}, {1, 1, 3, ""}, {2, 2, 2, ""}, {1, 1, 1, "input"}} {
		output := "output: {units: %d}"
		if c.target != "" {
			output, c.target = "output: {units: 4}", ", target: input"
		} else {
			output = fmt.Sprintf(output, c.steps)
		}
		s, network := network(t, fmt.Sprintf("input: {name: x, shape: [%d]}\ntask: regression\nlayers: [{%s}]\n"+
			"training: {validation_split: 0.2}\n"+
			"data: {test_split: 0.2%s, train: {csv: %q, series: {columns: [a], index: at, gaps: fill, sampling_rate: %d, "+
			"horizon: {rows: %d, steps: %d}}}}\n",
			length, output, c.target, file, c.rate, c.ahead, c.steps))
		var last, labels []float32
		left := 0
		reach := (length - 1) * c.rate
		for start := 0; start+reach < rows-1; start++ { // nothing is behind the last row, which is empty
			at := start + reach + c.ahead
			out := filled(start + reach)
			if c.target == "" {
				if at+c.steps > rows-1 {
					break
				}
				for k := range c.steps {
					out = out || filled(at+k)
				}
			} else {
				for k := range length {
					out = out || filled(start+k)
				}
			}
			if out {
				left++
				continue
			}
			last = append(last, value(start+reach))
			for k := range c.steps {
				labels = append(labels, value(at+k))
			}
		}
		sets, err := Load(s, "", network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		read, _, err := Read(s.Data.Train, "", network, Options{Unlabeled: c.target != ""})
		if err != nil {
			t.Fatal(err)
		}
		var gotLast, loaded, gotLabels []float32
		for _, set := range []fit.Set{sets.Train, sets.Validation, sets.Test} {
			loaded = append(loaded, set.X[0]...)
			if c.target == "" {
				gotLabels = append(gotLabels, set.Y[0]...)
			}
		}
		for window := range slices.Chunk(read.X[0], length) {
			gotLast = append(gotLast, window[length-1])
		}
		kept, keptLabels := slices.Clone(read.X[0]), slices.Clone(labels)
		for _, at := range []int{sets.Train.N, sets.Train.N + sets.Validation.N} { // behind what windows were left out
			n := sharing(s.Data.Train.Series)
			kept = slices.Delete(kept, at*length, (at+n)*length)
			if c.target == "" {
				keptLabels = slices.Delete(keptLabels, at*c.steps, (at+n)*c.steps)
			}
		}
		if !slices.Equal(loaded, kept) || !slices.Equal(gotLast, last) ||
			c.target == "" && (!slices.Equal(gotLabels, keptLabels) || !slices.Equal(read.Y[0], labels)) {
			t.Errorf("%+v: %d windows read, %d loaded, want %d", c, len(gotLast), len(loaded)/length, len(last))
		}
		text := strings.Join(sets.Remarks, "\n")
		for _, want := range []string{"18 rows put into gaps", "3 rows of " + file + " with a missing value filled",
			"1 row of " + file + " with a missing value left out",
			fmt.Sprintf("%d windows of %s left out: a label", left, file)} {
			if !strings.Contains(text, want) {
				t.Errorf("%+v: %q is not in %s", c, want, text)
			}
		}
		notes := &Notes{}
		all, _, err := Read(s.Data.Train, "", network, Options{Unlabeled: true, Aligned: true, Notes: notes})
		if want := rows - 1 - reach; err != nil || all.N != want || len(notes.Filled) != want {
			t.Fatalf("%+v: %d windows to predict for, %d notes, want %d, %v", c, all.N, len(notes.Filled), want, err)
		}
		for start, got := range notes.Filled {
			want := 0
			for k := range length {
				if filled(start + k*c.rate) {
					want++
				}
			}
			if got != want {
				t.Errorf("%+v: window %d has %d filled rows, want %d", c, start, got, want)
			}
		}
	}
}

// TestFilledRowsHideNoLeak has a column that is the label of the next row, in a series with gaps.
func TestFilledRowsHideNoLeak(t *testing.T) {
	_, net := network(t, "input: {name: x, shape: [3, 2]}\ntask: regression\nlayers: [flatten, output]\n")
	value := func(i int) int { return i * i % 41 }
	text := "at,y,other\n"
	for i := range 60 {
		if i != 20 && i != 30 && i != 31 {
			text += fmt.Sprintf("%d,%d,%d\n", i, value(i), value(i+1))
		}
	}
	s := series("y", "other")
	s.Index, s.Gaps = "at", "fill"
	_, _, err := Read(&spec.Source{Format: "csv", Path: write(t, "x.csv", []byte(text)), Series: s, Label: []string{"y"}},
		"",
		net, Options{})
	if err == nil || !strings.Contains(err.Error(), `column "other" is the label "y" of 1 row later`) {
		t.Error(err)
	}
}

// TestAnEmptyFieldIsNeverPassedOver has one in a series whose index does not tell which rows are missing.
func TestAnEmptyFieldIsNeverPassedOver(t *testing.T) {
	_, net := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n")
	s := series("a")
	s.Index, s.Gaps = "at", "fill"
	_, _, err := Read(&spec.Source{Format: "csv",
		Path:   write(t, "x.csv", []byte("at,a\n0.5,1\n1,2\n1.5,\n2,4\n2.5,5\n3,6\n")),
		Series: s}, "", net, Options{})
	if err == nil || !strings.Contains(err.Error(), `:4: column "a"`) {
		t.Error(err)
	}
}

// TestWhatARowHasStays fills the numbers that rows lack, and no others.
func TestWhatARowHasStays(t *testing.T) {
	_, net := network(t, "input: {name: x, shape: [2, 2]}\ntask: regression\nlayers: [flatten, output]\n")
	s := series("a", "b")
	s.Index, s.Gaps = "at", "fill"
	src := &spec.Source{Format: "csv", Label: []string{"y"}, Series: s, Path: write(t, "x.csv", []byte(
		"at,a,b,y\n0,0,10,0\n1,1,20,1\n3,9,,3\n4,4,50,4\n5,,60,5\n6,60,70,6\n7,7,80,7\n8,8,,8\n"))}
	// Row 2 is not there, 3 lacks b and 5 lacks a, and 8 lacks b, with none behind. The last step of a window lacks
	// nothing, nor is its label of a row that is not there.
	for _, c := range []struct {
		o    Options
		want fit.Set
	}{
		{Options{}, fit.Set{N: 2, X: [][]float32{{9, 40, 4, 50, 32, 60, 60, 70}}, Y: [][]float32{{5, 7}}}},
		{Options{Unlabeled: true},
			fit.Set{N: 7, X: [][]float32{{0, 10, 1, 20, 1, 20, 5, 30, 5, 30, 9, 40, 9, 40, 4, 50, 4, 50, 32, 60,
				32, 60, 60, 70, 60, 70, 7, 80}}}},
	} {
		set, _, err := Read(src, "", net, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, set); d != "" {
			t.Error(d)
		}
	}
}
