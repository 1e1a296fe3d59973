package data

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// TestColumnsAreFoundByTheNamesOfTheTraining loads training data whose header has changed since the training, and files
// beside it whose columns have another order.
func TestColumnsAreFoundByTheNamesOfTheTraining(t *testing.T) {
	const text = "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n" +
		"data: {train: {csv: t.csv}, test: {csv: u.csv}}\n"
	s, network := network(t, text)
	dir := t.TempDir()
	put := func(name, table string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("t.csv", "a,b,y\n1,2,3\n4,5,6\n7,8,9\n1,1,1\n")
	for _, c := range []struct{ train, test string }{
		{"a,b,y\n1,2,3\n4,5,6\n7,8,9\n1,1,1\n", "a,b,y\n10,20,30\n"},
		{"a,b,y\n1,2,3\n4,5,6\n7,8,9\n1,1,1\n", "y,b,a\n30,20,10\n"},
		{"b,y,a\n2,3,1\n5,6,4\n8,9,7\n1,1,1\n", "a,b,y\n10,20,30\n"},
		{"y,a,b\n3,1,2\n6,4,5\n9,7,8\n1,1,1\n", "b,a,y\n20,10,30\n"},
	} {
		put("t.csv", c.train)
		put("u.csv", c.test)
		sets, err := Load(s, dir, network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sets.Train.X[0], []float32{1, 2, 4, 5, 7, 8, 1, 1}) ||
			!slices.Equal(sets.Train.Y[0], []float32{3, 6, 9, 1}) {
			t.Errorf("%q: %v → %v", c.train, sets.Train.X, sets.Train.Y)
		}
		if !slices.Equal(sets.Test.X[0], []float32{10, 20}) || !slices.Equal(sets.Test.Y[0], []float32{30}) {
			t.Errorf("%q: %v → %v", c.test, sets.Test.X, sets.Test.Y)
		}
		if got := sets.Reading.String(); got != "features [a, b], label [y]" {
			t.Errorf("%q: %s", c.train, got)
		}
		network.Reading = sets.Reading // of the first, as a training gives it to the weights
	}
}

// TestPlacesOfColumnsAreTheirNames resolves what a spec says by places; names that come twice say nothing.
func TestPlacesOfColumnsAreTheirNames(t *testing.T) {
	_, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n")
	for _, c := range []struct {
		header string
		src    spec.Source
		want   net.Names
	}{
		{"a,b,y", spec.Source{Features: []string{"1", "#1"}}, net.Names{Label: []string{"y"}, Features: []string{"b", "a"}}},
		{"a,a,y", spec.Source{Features: []string{"#2", "#1"}}, net.Names{Label: []string{"y"}, Features: []string{"#2", "#1"}}},
		{"a,b,y", spec.Source{Series: &spec.Series{Columns: []string{"0", "b"}, Horizon: 1}},
			net.Names{Label: []string{"a", "b"}, Features: []string{"a", "b"}}},
		{"a,a,y", spec.Source{}, net.Names{Label: []string{"y"}, Features: []string{"#1", "#2"}}},
		{",b,y", spec.Source{}, net.Names{Label: []string{"y"}, Features: []string{"#1", "b"}}},
		{"a,b,y", spec.Source{Weight: "0"}, net.Names{Label: []string{"y"}, Features: []string{"b"}}},
		{"a,b,y", spec.Source{Weight: "#-2"}, net.Names{Label: []string{"y"}, Features: []string{"a"}}},
		{"0.5,2,3", spec.Source{Header: new(bool)}, net.Names{}},
	} {
		c.src.Format, c.src.Path = "csv", write(t, "x.csv", []byte(c.header+"\n1.5,2,3\n4,5,6\n"))
		got := headerOf(&c.src, "", network)
		if !slices.Equal(got.Label, c.want.Label) || !slices.Equal(got.Features, c.want.Features) {
			t.Errorf("%s, %v: %v %v, want %v", c.header, c.src.Features, got.Label, got.Features, c.want)
		}
	}
}

// TestATrainingNotesWhereItsColumnsStood resolves what a spec says of columns to their places.
func TestATrainingNotesWhereItsColumnsStood(t *testing.T) {
	for _, c := range []struct{ table, train, want string }{
		{"1.5,2,3\n4,5,6\n1,2,9\n", "header: false", `{"columns":3,"label":[2]}`},
		{"1.5,2,3\n4,5,6\n1,2,9\n", "header: false, label: '#-3'", `{"columns":3,"label":[0]}`},
		{"a,y,b\n1,2,3\n4,5,6\n1,2,9\n", "label: y", `{"columns":3,"label":[1]}`},
		{"a,y,b\n1,2,3\n4,5,6\n1,2,9\n", "label: y, features: [b, '0']", `{"columns":3,"label":[1],"features":[2,0]}`},
		{"a,y,b,w\n1,2,3,1\n4,5,6,1\n1,2,9,1\n", "label: y, weight: w", `{"columns":4,"label":[1],"weight":3}`},
		{"a,b,y\n1,2,3\n4,5,6\n1,2,9\n7,8,9\n", "label: last, series: {columns: [a]}",
			`{"columns":3,"label":[2],"features":[0]}`},
		{"a,last,b\n1,2,3\n4,5,6\n1,2,9\n", "label: last", "null"}, // whose name another place has
	} {
		s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: t.csv, "+c.train+"}}\n")
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(c.table), 0o644); err != nil {
			t.Fatal(err)
		}
		sets, err := Load(s, dir, network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(sets.Reading.At); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.train, got, err, c.want)
		}
	}
}

// TestASeriesForTestingMayHaveColumnsOfItsOwn reads the columns that the source of a test says, not those of the
// training that its file has too.
func TestASeriesForTestingMayHaveColumnsOfItsOwn(t *testing.T) {
	s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: t.csv, series: {columns: [a]}}, test: {csv: u.csv, series: {columns: [b]}}}\n")
	dir := t.TempDir()
	for name, table := range map[string]string{"t.csv": "a\n1\n2\n3\n4\n5\n", "u.csv": "a,b\n6,10\n7,20\n8,30\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sets, err := Load(s, dir, network, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sets.Test.X[0], []float32{10, 20}) || !slices.Equal(sets.Test.Y[0], []float32{30}) {
		t.Errorf("%v → %v", sets.Test.X, sets.Test.Y)
	}
}

// TestFilesBesideTheTrainingMayLeaveColumnsUnsaid has a test file with columns in another order, of which the spec says
// less than of the training file, or other things of the label.
func TestFilesBesideTheTrainingMayLeaveColumnsUnsaid(t *testing.T) {
	for _, c := range []struct{ train, test, table string }{
		{"label: y, features: [a, b]", "label: y", "b,a,y\n20,10,30\n"},
		{"label: y, features: [a, b]", "label: y", "y,b,a\n30,20,10\n"},
		{"label: y", "header: true", "b,a,y\n20,10,30\n"},
		{"label: y", "header: true", "y,b,a\n30,20,10\n"},
		{"header: true", "label: y", "y,b,a\n30,20,10\n"},
		{"label: last", "header: true", "b,a,y\n20,10,30\n"},
		{"label: y", "label: first", "z,b,a\n30,20,10\n"},
		{"label: y", "label: y, features: [b, a]", "y,b,a\n30,10,20\n"},
	} {
		s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: t.csv, "+c.train+"}, test: {csv: u.csv, "+c.test+"}}\n")
		dir := t.TempDir()
		for name, table := range map[string]string{"t.csv": "a,b,y\n1,2,3\n4,5,6\n7,8,9\n1,1,1\n", "u.csv": c.table} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		sets, err := Load(s, dir, network, 1, Options{})
		if err != nil {
			t.Errorf("%s, then %s: %v", c.train, c.test, err)
			continue
		}
		if !slices.Equal(sets.Test.X[0], []float32{10, 20}) || !slices.Equal(sets.Test.Y[0], []float32{30}) {
			t.Errorf("%s, then %s: %v → %v", c.train, c.test, sets.Test.X, sets.Test.Y)
		}
	}
}

// TestNamesThatAreNumbersMakeAHeader reads files to predict for without the label, whose names are numbers, as years
// are, or such as count the columns of the training with a label between them.
func TestNamesThatAreNumbersMakeAHeader(t *testing.T) {
	for _, c := range []struct {
		train, header, table string
		want                 []float32
	}{
		{"label: '1'", "0,1,2", "0,2\n10,20\n30,40\n", []float32{10, 20, 30, 40}},
		{"label: '1'", "0,1,2", "2,0\n20,10\n40,30\n", []float32{10, 20, 30, 40}},
		{"label: '1'", "0,1,2", "10,20\n30,40\n", []float32{10, 20, 30, 40}},
		{"header: true", "2019,2020,y", "2019,2020\n10,20\n30,40\n", []float32{10, 20, 30, 40}},
		{"header: true", "2019,2020,y", "9,2020,2019\n1,20,10\n1,40,30\n", []float32{10, 20, 30, 40}},
		{"header: true", "2019,2020,y", "2019,2020,y\n10,20,1\n30,40,1\n", []float32{10, 20, 30, 40}},
	} {
		s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: t.csv, "+c.train+"}}\n")
		dir := t.TempDir()
		for name, table := range map[string]string{"t.csv": c.header + "\n0.5,2,3\n4,5.5,6\n1,2,9\n", "u.csv": c.table} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		sets, err := Load(s, dir, network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		network.Reading = sets.Reading
		src := *s.Data.Train
		src.Path = "u.csv"
		got, _, err := Read(&src, dir, network, Options{Unlabeled: true, Other: true,
			Like: HeaderAndUnitsOf(s.Data.Train, dir, network), Fitted: sets.Fitted})
		if err != nil || !slices.Equal(got.X[0], c.want) {
			t.Errorf("%s, %q: %v, %v; want %v", c.header, c.table, got.X, err, c.want)
		}
	}
	s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: t.csv, header: true}}\n")
	src := *s.Data.Train
	src.Path = write(t, "u.csv", []byte("10,20\n30,40\n"))
	if _, _, err := Read(&src, "", network, Options{Unlabeled: true, Other: true,
		Like: Header{Features: []string{"2019", "2020"}}}); err == nil ||
		!strings.Contains(err.Error(), "write header: false") {
		t.Errorf("a table without a header, where the spec says that it has one: %v", err)
	}
}

// TestPlacesAreTheNamesThatTheyHadInTraining reads files beside the training data, and to predict for, whose columns
// stand otherwise than those that the spec names by their places.
func TestPlacesAreTheNamesThatTheyHadInTraining(t *testing.T) {
	for _, c := range []struct{ test, wrong string }{
		{"id,a,b,y\n0,10,20,30\n", ""},
		{"y,b,a\n30,20,10\n", ""},
		{"z,id,a,b,y\n9,0,10,20,30\n", ""},
		{"id,a,age,y\n0,10,20,30\n",
			`no column "b", which was column #3 of the training data, and #3 is "age" here; give the column`},
		{"id,a,b,y,b\n0,10,20,30,1\n", `columns 3 and 5 are both called "b"`},
	} {
		s, network := network(t, "input: {name: x, shape: [2], columns: [1, '#3']}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: t.csv, header: true, label: '#-1'}, test: {csv: u.csv, header: true, label: '#-1'}}\n")
		dir := t.TempDir()
		put := func(name, table string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		check := func(by string, x, want []float32, err error) {
			switch {
			case c.wrong == "" && (err != nil || !slices.Equal(x, want)):
				t.Errorf("%q, %s: %v, %v; want %v", c.test, by, x, err, want)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("%q, %s: %v, %v; want %s", c.test, by, x, err, c.wrong)
			}
		}
		const rows = "id,a,b,y\n1,1,2,3\n2,4,5,6\n3,7,8,9\n4,1,1,1\n"
		put("t.csv", rows)
		put("u.csv", rows)
		sets, err := Load(s, dir, network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		reading := sets.Reading
		put("u.csv", c.test)
		if sets, err = Load(s, dir, network, 1, Options{}); err != nil {
			check("a test", nil, nil, err)
		} else {
			check("a test", sets.Test.X[0], []float32{10, 20}, nil)
		}

		meta := map[string]string{}
		reading.SetMeta(meta)
		if network.Reading, err = net.ReadReading(meta); err != nil {
			t.Fatal(err)
		}
		// The training data are not there, as on the machine of a service.
		o := Options{Other: true, Unlabeled: true, Like: headerOf(s.Data.Train, t.TempDir(), network)}
		src := *s.Data.Train
		src.Path = "u.csv"
		set, _, err := Read(&src, dir, network, o)
		if err != nil {
			set.X = [][]float32{nil}
		}
		check("predictions", set.X[0], []float32{10, 20}, err)

		if c.wrong != "" {
			continue
		}
		put("t.csv", c.test) // whose columns stand otherwise since the training
		if sets, err = Load(s, dir, network, 1, Options{}); err != nil {
			t.Fatal(err)
		}
		check("what it was trained on", sets.Train.X[0], []float32{10, 20}, nil)
	}
}

// TestColumnsWithoutANameOfTheirOwnAreToldWhereTheyAreReadByPlace reads files beside training data whose columns have no
// name, or one that comes twice.
func TestColumnsWithoutANameOfTheirOwnAreToldWhereTheyAreReadByPlace(t *testing.T) {
	const named = "input: {name: x, shape: [2], columns: ['#2', '#3']}\n"
	const all = "input: {name: x, shape: [2]}\n"
	for _, c := range []struct{ input, train, table, remark, wrong string }{
		{named, ",a,a,y\nu,1,2,3\nv,4,5,6\nw,7,8,9\n", ",a,a,y\nu,10,20,30\n", "", ""},
		{named, ",a,a,y\nu,1,2,3\nv,4,5,6\nw,7,8,9\n", ",a,b,y\nu,10,20,30\n", "",
			`column #3 is "b", and was "a" in the training data, where another column has that name too`},
		{named, "id,,b,y\nu,1,2,3\nv,4,5,6\nw,7,8,9\n", "id,,b,y\nu,10,20,30\n", "", ""},
		{named, "id,,b,y\nu,1,2,3\nv,4,5,6\nw,7,8,9\n", "id,z,b,y\nu,10,20,30\n",
			`#2, have no name of their own in the training data, so they are taken by these: #2 is "z"`, ""},
		{named, "3.5,4,5,6\n1.5,7,2,9\n4.5,1,8,3\n", "id,z,b,y\nu,10,20,30\n",
			`#2, #3, have no names in the training data, so they are taken by these: #2 is "z", #3 is "b"`, ""},
		{all, "a,,y\n1,2,3\n4,5,6\n7,8,9\n", "a,,y\n10,20,30\n", "", ""},
		{all, "a,,y\n1,2,3\n4,5,6\n7,8,9\n", "a,b,y\n10,20,30\n",
			`#2, have no name of their own in the training data, so they are taken by these: #2 is "b"`, ""},
		{all, "a,a,y\n1,2,3\n4,5,6\n7,8,9\n", "a,b,y\n10,20,30\n", "", `column #2 is "b", and was "a"`},
	} {
		s, network := network(t, c.input+"task: regression\nlayers: [output]\n"+
			"data: {train: {csv: t.csv}, test: {csv: u.csv}}\n")
		dir := t.TempDir()
		put := func(name, table string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		check := func(by string, x []float32, remarks []string, err error) {
			t.Helper()
			told := ""
			for _, text := range remarks {
				if strings.Contains(text, "taken by these") {
					told += text
				}
			}
			switch {
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("%q, %q, %s: %v; want %s", c.train, c.table, by, err, c.wrong)
			case c.wrong == "" && (err != nil || !slices.Equal(x, []float32{10, 20}) || told == "" != (c.remark == "") ||
				!strings.HasSuffix(told, c.remark)):
				t.Errorf("%q, %q, %s: %v, %v, %q; want %q", c.train, c.table, by, x, err, told, c.remark)
			}
		}
		put("t.csv", c.train)
		put("u.csv", c.train)
		sets, err := Load(s, dir, network, 1, Options{})
		if err != nil {
			t.Fatal(err)
		}
		meta := map[string]string{}
		sets.Reading.SetMeta(meta)
		put("u.csv", c.table)
		if sets, err = Load(s, dir, network, 1, Options{}); err != nil {
			check("a test", nil, nil, err)
		} else {
			check("a test", sets.Test.X[0], sets.Remarks, nil)
		}
		if network.Reading, err = net.ReadReading(meta); err != nil {
			t.Fatal(err)
		}
		for _, base := range []string{dir, t.TempDir()} { // with the training data, and where they are not there
			src, remarks := *s.Data.Train, []string(nil)
			src.Path = "u.csv"
			set, _, err := Read(&src, dir, network, Options{Other: true, Unlabeled: true,
				Like: HeaderAndUnitsOf(s.Data.Train, base, network), Remarks: &remarks})
			if err != nil {
				set.X = [][]float32{nil}
			}
			check("predictions", set.X[0], remarks, err)
		}
		if c.wrong != "" {
			continue
		}
		// Weights that do not say what the columns were called, and no training data.
		network.Reading = nil
		src, remarks := *s.Data.Train, []string(nil)
		src.Path = "u.csv"
		if _, _, err = Read(&src, dir, network, Options{Other: true, Unlabeled: true,
			Like: HeaderAndUnitsOf(s.Data.Train, t.TempDir(), network), Remarks: &remarks}); err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(remarks, "\n"); !strings.Contains(text, "not known, so the") {
			t.Errorf("%q, %q, without a record: %q", c.train, c.table, text)
		}
	}
}

// TestALabelBeyondATableIsPlaced names a label by a place that a table does not have.
func TestALabelBeyondATableIsPlaced(t *testing.T) {
	s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: t.csv, label: '#3'}, test: {csv: u.csv, label: '#3'}}\n")
	dir := t.TempDir()
	put := func(name, table string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("t.csv", "1.5,2,3\n4,5,6\n7,8,9\n")
	put("u.csv", "1.5,2\n4,5\n7,8\n")
	fails := func(err error, hint string) {
		t.Helper()
		want := `label "#3" is beyond the columns of u.csv: there are 2, from #1 to #2` + "\n  hint: " + hint
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), s.File+":") {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	_, err := Load(s, dir, network, 1, Options{})
	fails(err, "say where the label is there: data: {test: ")
	src := *s.Data.Train
	src.Path = "u.csv"
	_, _, err = Read(&src, dir, network, Options{Other: true})
	fails(err, "name a file that has the label there")
	if _, _, err := Read(&src, dir, network, Options{Other: true, Unlabeled: true}); err != nil {
		t.Errorf("predictions need no label: %v", err)
	}
	put("t.csv", "1.5,2\n4,5\n7,8\n")
	if _, err = Load(s, dir, network, 1, Options{}); err == nil || strings.Count(err.Error(), "is beyond the columns") != 2 {
		t.Errorf("%v; want one error for each table", err)
	}
}

// TestATableWithoutAHeaderIsToldToBeReadInOrder predicts for tables without a header, where the training data, or the
// spec, has names.
func TestATableWithoutAHeaderIsToldToBeReadInOrder(t *testing.T) {
	const told = "u.csv has no header, so its columns are taken in the order of those of the training: a, b"
	for _, c := range []struct{ input, train, table, want string }{
		{"{name: x, shape: [2]}", "a,b,y\n1,2,3\n4,5,6\n7,8,9\n", "1.5,2\n4,5\n", told},
		{"{name: x, shape: [2]}", "a,b,y\n1,2,3\n4,5,6\n7,8,9\n", "b,a\n1.5,2\n4,5\n", ""},
		{"{name: x, shape: [2]}", "1.5,2,3\n4,5,6\n1,8,9\n", "1.5,2\n4,5\n", ""},
		{"{name: x, shape: [2], columns: [a, b]}", "a,b,y\n1,2,3\n4,5,6\n7,8,9\n", "1.5,2\n4,5\n", told},
		{"{name: x, shape: [1], columns: [a]}", "a,y\n1,3\n4,6\n7,9\n", "1.5\n4\n", ""}, // there is no other order
	} {
		s, network := network(t, "input: "+c.input+"\ntask: regression\nlayers: [output]\ndata: {train: {csv: t.csv}}\n")
		dir := t.TempDir()
		for name, table := range map[string]string{"t.csv": c.train, "u.csv": c.table} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		src, remarks := *s.Data.Train, []string(nil)
		src.Path = "u.csv"
		if _, _, err := Read(&src, dir, network, Options{Other: true, Unlabeled: true,
			Like: HeaderAndUnitsOf(s.Data.Train, dir, network), Remarks: &remarks}); err != nil {
			t.Errorf("%q: %v", c.table, err)
		}
		if got := strings.Join(remarks, "\n"); got != c.want {
			t.Errorf("%s, %q: %q, want %q", c.input, c.table, got, c.want)
		}
	}
}

// TestWhatIsDecidedOfAFileForTestingIsSaid loads the files of a spec after a training, of which that for testing has
// changed since: words that no training row had, and classes in other case.
func TestWhatIsDecidedOfAFileForTestingIsSaid(t *testing.T) {
	s, network := network(t, "input: {name: x, shape: [3], columns: [{name: c, words: [red, blue], other: true}]}\n"+
		"task: multiclass\nclasses: [up, down]\nlayers: [output]\n"+
		"data: {train: {csv: t.csv, label: y}, test: {csv: u.csv, label: y}}\n")
	dir := t.TempDir()
	const rows = "c,y\nred,up\nblue,down\nred,down\nblue,up\n"
	for name, table := range map[string]string{"t.csv": rows, "u.csv": rows} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	trained, err := Load(s, dir, network, 1, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "u.csv"), []byte("c,y\nred,UP\ngreen,down\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sets, err := Load(s, dir, network, 1, Options{Fitted: trained.Fitted})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(sets.TestRemarks, "\n")
	for _, want := range []string{`u.csv: 1 row holds a word of "c" beyond the 2 that it has a number for: "green" (line 3)`,
		`1 label of u.csv taken for classes that differ from them in case alone, such as "UP" for "up"`} {
		if !strings.Contains(text, want) || !strings.Contains(strings.Join(sets.Remarks, "\n"), want) {
			t.Errorf("%q, want %q", text, want)
		}
	}
	if len(trained.TestRemarks) > 0 {
		t.Errorf("of the rows of the training: %q", trained.TestRemarks)
	}
}

// TestPlacesOfColumnsWithTheSameNamesNeedNoWord has files for testing with the header of the training, of which the spec
// names columns by their places.
func TestPlacesOfColumnsWithTheSameNamesNeedNoWord(t *testing.T) {
	const rows = "a,b,y\n1,2,3\n4,5,6\n7,8,9\n1,1,1\n"
	for _, src := range []string{"label: last", "label: '#3'", "label: '#3', features: ['#1', '#2']", "features: [0, 1]"} {
		s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: t.csv, "+src+"}, test: {csv: u.csv, "+src+"}}\n")
		dir := t.TempDir()
		for _, name := range []string{"t.csv", "u.csv"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(rows), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // by a training, and after it
			sets, err := Load(s, dir, network, 1, Options{})
			if err != nil || len(sets.TestRemarks) > 0 {
				t.Fatalf("%s: %q, %v", src, sets.TestRemarks, err)
			}
			network.Reading = sets.Reading
		}
	}
}
