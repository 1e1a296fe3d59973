package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestMarksOfAnotherTableAreSure reads tables of two columns whose marks may be decimal or stand between thousands, as
// the test set of a spec and as a file that it does not name: a number is read where the training data, or the table as
// a whole, tells which is meant, and otherwise neither reading is taken.
func TestMarksOfAnotherTableAreSure(t *testing.T) {
	points := "x,y\n0.5,1.25\n5.488,12.5\n9.1,20\n"
	commas := "x;y\n0,5;1,25\n5,488;12,5\n9,1;20\n"
	prices := "x,y\n1200,1\n\"4,500\",2\n9000,3\n"
	wide := "x,y\n0,1\n2.5,2\n9000,3\n"
	for _, c := range []struct{ name, train, decimal, text, want string }{
		{"decimal commas", points, "", "x;y\n5,488;1\n", `:2: column "x": "5,488" is 5488 by the decimal mark of the ` +
			`training data, but 5.488 if "," is decimal, and the training rows have numbers from 0.5 to 9.1`},
		{"decimal commas of some rows", points, "", "x;y\n1;1\n2;2\n3;3\n5,488;1\n", `:5: column "x"`},
		{"decimal points", points, "", "x;y\n5.488;1\n", ""},
		{"decimal points of one row", points, "", "x,y\n5.488,1\n", ""},
		{"tabs", points, "", "x\ty\n5,488\t1\n", `"5,488" is 5488`},
		{"quotes", points, "", "x,y\n\"5,488\",1\n", `"5,488" is 5488`},
		{"thousands among the training rows", wide, "", "x,y\n\"1,234\",1\n", ""},
		{"thousands with decimals", wide, "", "x;y\n1,234;1\n1,234.5;2\n", ""},
		{"a delimiter that tells of nothing", wide, "", "x;y\n1,234;1\n",
			`is 1234 by the decimal mark of the training data, but 1.234 if "," is decimal, and its columns stand apart by ` +
				`semicolons, those of the training data by commas`},
		{"a proof in the column", wide, "", "x,y\n\"1,234\",1\n\"7,20\",1\n", `"7,20" in line 3 has a decimal ,`},
		{"a proof in another column", wide, "", "x,y\n\"1,234\",\"7,20\"\n", `"7,20" in line 2 has a decimal ,`},
		{"thousands that the training rows have too", prices, "", "x,y\n\"1,234\",1\n", ""},
		{"more of them than those", prices, "", "x,y\n\"999,999\",1\n", ""},
		{"decimal commas that are far", prices, "", "x;y\n1,234;1\n", ""},
		{"with a proof", prices, "", "x;y\n1,234;7,20\n", `"7,20" in line 2`},
		{"thousands with points", "x,y\n1000.5,1\n9000.25,2\n", "", "x,y\n1.234,1\n", `"1.234" is 1.234 by the decimal mark ` +
			`of the training data, but 1234 if "," is decimal, and the training rows have numbers from 1000.5 to 9000.25`},
		{"labels", points, "", "x;y\n1;12,500\n", `column "y": "12,500" is 12500`},
		{"points where commas are decimal", commas, ",", "x,y\n5.488,1\n", `:2: column "x": "5.488" is 5488 by the decimal ` +
			`mark of the training data, but 5.488 if "." is decimal`},
		{"commas where commas are decimal", commas, ",", "x;y\n5,488;1\n", ""},
		{"quoted commas where commas are decimal", commas, ",", "x,y\n\"5,488\",1\n", ""},
		{"objects", points, "", "{\"x\": 5.488, \"y\": 1}\n", ""},
		{"texts of objects", points, "", "{\"x\": \"5,488\", \"y\": 1}\n", `"5,488" is 5488`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"train.csv": c.train, "new.csv": c.text} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			form := ""
			if c.decimal != "" {
				form = ", delimiter: \";\", decimal: \"" + c.decimal + "\""
			}
			s, network := network(t, "input: {name: x, shape: [1], columns: [x]}\ntask: regression\nlayers: [output]\n"+
				"data: {train: {csv: train.csv, label: y"+form+"}, test: {csv: new.csv, label: y}}\n")
			if c.decimal == "" { // else the package reads the commas that its source says, and no test set without
				_, err := Load(s, dir, network, 1, Options{SkipBadRows: 1})
				check(t, err, c.want)
			}
			src := *s.Data.Train
			src.Path = "new.csv"
			o := Options{Other: true, Like: HeaderAndUnitsOf(s.Data.Train, dir, network), SkipBadRows: 1}
			_, _, err := Read(&src, dir, network, o)
			check(t, err, c.want)
			for _, o.Decimal = range []string{".", ","} {
				if _, _, err := Read(&src, dir, network, o); err != nil && strings.Contains(err.Error(), "is decimal") {
					t.Errorf("with a decimal %s: %v", o.Decimal, err)
				}
			}
		})
	}
}

func check(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%v, want %q", err, want)
	}
}

// TestMarksOfASeriesAreSure reads a series whose values are apart by semicolons.
func TestMarksOfASeriesAreSure(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{"train.csv": "v\n1.5\n2.5\n3.25\n4\n5\n6.5\n",
		"new.csv": "v;w\n1,234;1\n2,345;2\n3,456;3\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, network := network(t, "input: {name: x, shape: [2]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: train.csv, label: v, series: {columns: [v]}}}\n")
	src := *s.Data.Train
	src.Path = "new.csv"
	_, _, err := Read(&src, dir, network,
		Options{Other: true, Unlabeled: true, Like: HeaderAndUnitsOf(s.Data.Train, dir, network)})
	check(t, err, `new.csv:2: column "v": "1,234" is 1234`)
}

// TestADecimalMarkThatIsSaidIsRead reads a table by the mark that is said.
func TestADecimalMarkThatIsSaidIsRead(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{"train.csv": "x,y\n0.5,1.25\n9.1,20\n", "new.csv": "x;y\n5,488;1,5\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, network := network(t, "input: {name: x, shape: [1], columns: [x]}\ntask: regression\nlayers: [output]\n"+
		"data: {train: {csv: train.csv, label: y}}\n")
	src := &spec.Source{Format: "csv", Path: "new.csv", Label: []string{"y"}}
	set, _, err := Read(src, dir, network,
		Options{Other: true, Like: HeaderAndUnitsOf(s.Data.Train, dir, network), Decimal: ","})
	if err != nil || set.X[0][0] != 5.488 || set.Y[0][0] != 1.5 {
		t.Errorf("%v %v, %v", set.X, set.Y, err)
	}
}
