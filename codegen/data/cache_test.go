package data

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// TestCachedTablesAreWhatWasRead reads a table, then what the cache has of it: sets, words and fills, rows left out and
// bad ones are the same. A table that changed, and a damaged file of the cache, are read anew.
func TestCachedTablesAreWhatWasRead(t *testing.T) {
	if testing.Short() {
		t.Skip("reads some MB")
	}
	dir := t.TempDir()
	t.Setenv("NNGENCACHE", filepath.Join(dir, "cache"))
	var text bytes.Buffer
	pad := strings.Repeat("-", 200) // a column that is not read
	text.WriteString("color,size,y,pad\n")
	for i := 0; text.Len() < leastCached; i++ {
		size, y := fmt.Sprint(i%1000, ".25"), fmt.Sprint(i%17)
		switch {
		case i%50 == 7:
			size = "NA"
		case i == 1234:
			y = ""
		case i == 4321:
			size = "wrong"
		}
		fmt.Fprintf(&text, "%s,%s,%s,%s\n", []string{"red", "blue", "green"}[i%3], size, y, pad)
	}
	file := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, net := network(t,
		"input: {name: x, shape: [4], columns: [{name: color, max_words: 2, other: true}, {name: size, fill: median}]}\n"+
			"task: regression\nlayers: [output]\ndata: {train: {csv: t.csv, label: y}, test_split: 0.1}\n")
	load := func() *Sets {
		sets, err := Load(s, dir, net, 1, Options{SkipBadRows: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		return sets
	}
	cached := func() []os.DirEntry {
		list, err := os.ReadDir(filepath.Join(dir, "cache", "tables"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	first := load()
	if len(first.Skipped) != 1 || len(cached()) != 1 {
		t.Fatalf("skipped %v, files in the cache %v", first.Skipped, cached())
	}
	info, _ := cached()[0].Info()
	same := func(what string, got *Sets) {
		t.Helper()
		for _, c := range [][2]fit.Set{{first.Train, got.Train}, {first.Test, got.Test}} {
			if c[0].N != c[1].N || !slices.Equal(c[0].X[0], c[1].X[0]) || !slices.Equal(c[0].Y[0], c[1].Y[0]) {
				t.Fatalf("%s: the sets differ", what)
			}
		}
		if fmt.Sprint(first.Fitted, first.Skipped, first.Remarks) != fmt.Sprint(got.Fitted, got.Skipped, got.Remarks) {
			t.Fatalf("%s: %v %v %v, want %v %v %v", what, got.Fitted, got.Skipped, got.Remarks, first.Fitted,
				first.Skipped, first.Remarks)
		}
	}
	same("from the cache", load())
	if again, _ := cached()[0].Info(); !os.SameFile(info, again) {
		t.Fatal("the table was read again")
	}
	name := filepath.Join(dir, "cache", "tables", cached()[0].Name())
	if err := os.Truncate(name, 1000); err != nil {
		t.Fatal(err)
	}
	same("with a damaged cache", load())
	// Of the same length and beginning, another table all the same.
	other := bytes.Clone(text.Bytes())
	other = append(append(other[:len(other)-300], "\nred,2,5e5,"...), append(bytes.Repeat([]byte("-"), 288), '\n')...)
	if err := os.WriteFile(file, other, 0o600); err != nil || len(other) != text.Len() {
		t.Fatal(err, len(other), text.Len())
	}
	if got := load(); max(slices.Max(got.Train.Y[0]), slices.Max(got.Test.Y[0])) != 5e5 || len(cached()) != 2 {
		t.Fatalf("another row: files in the cache %v", cached())
	}
	if err := os.WriteFile(file, append(text.Bytes(), "red,2,1e6,-\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := load(); max(slices.Max(got.Train.Y[0]), slices.Max(got.Test.Y[0])) != 1e6 || len(cached()) != 3 {
		t.Fatalf("a row more: files in the cache %v", cached())
	}
	if err := os.WriteFile(filepath.Join(dir, "odd.csv"), []byte("color,size,y\nred,\"2,75\",1\nblue,3,1\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	s.Data.TestSplit, s.Data.Test = 0, &spec.Source{Format: "csv", Path: "odd.csv", Label: []string{"y"}}
	if got, want := load().Skipped.Text(true, "--skip-bad-rows leaves %s out"),
		"odd.csv:2: column \"size\": \"2,75\" has a decimal comma, where numbers have a decimal "+
			"point"; !strings.Contains(got, want) {
		t.Errorf("beside a table from the cache: %s, want %s", got, want)
	}
	s.Data.TestSplit, s.Data.Test = 0.1, nil
	t.Setenv("NNGENCACHE", "off")
	load()
}

// TestWhatIsWrongWithALargeTableIsSaidBeforeItsChecksumIsTaken reads tables of 8 GiB that hold next to nothing.
func TestWhatIsWrongWithALargeTableIsSaidBeforeItsChecksumIsTaken(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("NNGENCACHE", filepath.Join(dir, "cache"))
	t.Cleanup(func() { sumOfTable = sumOfFile })
	sumOfTable = func(string) (string, error) {
		t.Error("the checksum was taken")
		return "", os.ErrInvalid
	}
	s, net := network(t, "task: regression\nlayers: [output]\ndata: {train: {csv: t.csv, label: y}}\n")
	for _, head := range []string{"", "a,b,c,y\n", "a,y\n1,2\n"} {
		file := filepath.Join(dir, "t.csv")
		if err := os.WriteFile(file, []byte(head), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, 8<<30); err != nil {
			t.Skip(err) // the file system has no room for it
		}
		if _, err := Load(s, dir, net, 1, Options{}); err == nil {
			t.Errorf("%q and 8 GiB of nothing is a table", head)
		}
	}
}
