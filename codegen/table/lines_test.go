package table

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLinesAreWholeWhateverTheirLength reads lines shorter and longer than the buffer and of its length, one at a time
// and looking ahead, with an end of the last one and without.
func TestLinesAreWholeWhateverTheirLength(t *testing.T) {
	var want []string
	for _, n := range []int{0, 1, 7, peeked - 2, peeked - 1, peeked, peeked + 1, 3, 2*peeked - 1, 2 * peeked,
		5*peeked + 3, 0, 2} {
		var line strings.Builder
		for line.Len() < n {
			line.WriteByte('a' + byte((line.Len()/97+len(want))%26))
		}
		want = append(want, line.String())
	}
	for _, end := range []string{"\n", "\r\n"} {
		for _, last := range []string{"", end} {
			for ahead := range 4 {
				l := newLines(strings.NewReader(strings.Join(want, end) + last))
				for i, w := range want {
					if k := min(ahead, len(want)-1-i); k > 0 {
						if s, err := l.peekAt(k); err != nil || s != want[i+k] {
							t.Fatalf("line %d, %d ahead: %d bytes, %v, want %d", i, k, len(s), err, len(want[i+k]))
						}
					}
					if s, err := l.next(); err != nil || s != w || l.line != i+1 {
						t.Fatalf("line %d, counted %d: %d bytes, %v, want %d", i+1, l.line, len(s), err, len(w))
					}
				}
				if s, err := l.next(); !errors.Is(err, io.EOF) || l.line != len(want) {
					t.Fatalf("behind the end: %q, %v, line %d", s, err, l.line)
				}
			}
		}
	}
}

// TestSplitIsThatOfEncodingCSV compares the fields of lines of few characters, of all lengths up to six, and of some
// longer ones at random, with those of encoding/csv.
func TestSplitIsThatOfEncodingCSV(t *testing.T) {
	compare := func(line string) {
		for _, delimiter := range []string{",", "\t", "ä", None} {
			line := strings.ReplaceAll(strings.TrimRight(line, "\r"), ",", delimiter)
			got, ok := split(nil, line, delimiter)
			want, err := quotedCSV(line, delimiter)
			switch {
			case line == "" || !ok && (err != nil || delimiter == None || strings.Contains(line, "\r")):
			case !ok || err != nil || !slices.Equal(got, want):
				t.Fatalf("%q by %q: %q, %t; encoding/csv: %q, %v", line, delimiter, got, ok, want, err)
			}
		}
	}
	const alphabet = `",a` + "\r "
	var all func(line string, n int)
	all = func(line string, n int) {
		compare(line)
		for i := range alphabet[:min(n, 1)*len(alphabet)] {
			all(line+alphabet[i:i+1], n-1)
		}
	}
	all("", 6)
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		line := make([]byte, r.IntN(30))
		for i := range line {
			line[i] = alphabet[r.IntN(3)]
		}
		compare(string(line))
	}
}

// TestFieldsInQuotesMayHaveBlanksBesideThem: of one line and of several. Anything else beside quotes makes a bad row,
// or among blanks a word.
func TestFieldsInQuotesMayHaveBlanksBesideThem(t *testing.T) {
	for text, want := range map[string]string{
		"1, \"a, b\" ,3":              `["1" "a, b" "3"]`,
		" \"a\"\t, \"say \"\"x\"\"\"": `["a" "say \"x\""]`,
		"1, \"two\nlines\", 3":        `["1" "two\nlines" " 3"]`,
		"\"a\", ":                     `["a" " "]`,
		`"a \"b\"",1`: `[] extraneous or missing " in quoted-field; ` +
			`a quote within quotes is written as two and not as \"`,
		"1, \"a\" b":     `[] bare " in non-quoted-field`,
		"1, a \"b\"":     `[] bare " in non-quoted-field`,
		"1, \"a":         `[] open`,
		"1, \"a\n2, \"b": `[] open`,
	} {
		for _, delimiter := range []string{",", ";", "ä"} {
			text := strings.ReplaceAll(text, ",", delimiter)
			r, err := newLines(strings.NewReader(text + "\n")).row(delimiter)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%q", r.Fields)
			if r.Err != nil {
				got = strings.Replace("[] "+r.Err.Error(), "a quote is opened, but not closed", "open", 1)
			}
			if want := strings.ReplaceAll(want, ",", delimiter); got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
		}
	}
	for text, want := range map[string]string{
		`"1" 5.1  "red oak" x`: `["1" "5.1" "red oak" "x"]`,
		` "a ""b"" c"	"" d `:   `["a \"b\" c" "" "d"]`,
		`5" 6 "a"b c"`:         `["5\"" "6" "\"a\"b" "c\""]`,
		`1 "a b`:               `["1" "\"a" "b"]`,
	} {
		if got, _ := split(nil, text, Spaces); fmt.Sprintf("%q", got) != want {
			t.Errorf("%q by spaces: %q, want %s", text, got, want)
		}
	}
}

// TestAllLinesOfAFieldAreText has a field in quotes whose second line is no text, in blocks that are sound up to it and
// in one with it.
func TestAllLinesOfAFieldAreText(t *testing.T) {
	for _, before := range []int{0, peeked / 2, 3 * peeked} {
		rows := strings.Repeat("1,2\n", before/4)
		for text, want := range map[string]error{"\xff": errUTF8, "\x00": errZero} {
			tab, err := Read(strings.NewReader("a,b\n1,2\n3,4\n"+rows+"\"x\n"+text+"y\",5\n6,7\n"), "t.csv",
				Options{Encoding: "utf-8"})
			if err != nil {
				t.Fatal(err)
			}
			var bad, last Row
			for {
				row, err := tab.Next()
				if err != nil {
					break
				}
				if last = row; row.Err != nil {
					bad = row
				}
			}
			if bad.Err != want || bad.Line != 4+before/4 || last.Line != bad.Line+2 || last.Err != nil {
				t.Errorf("%q behind %d bytes: line %d: %v, last line %d: %v", text, before, bad.Line, bad.Err, last.Line, last.Err)
			}
		}
	}
}

// TestALineTooLongIsPlaced: in the sample and behind it, of CSV and of JSON lines.
func TestALineTooLongIsPlaced(t *testing.T) {
	long := strings.Repeat("1", maxRow+1)
	for _, rows := range []int{0, 2, 2 * sampled} {
		for name, text := range map[string]string{
			"x.csv":   "a,y\n" + strings.Repeat("1,2\n", rows) + long + ",2\n",
			"x.jsonl": "{\"a\":1,\"y\":2}\n" + strings.Repeat("{\"a\":1,\"y\":2}\n", rows) + "{\"a\":" + long + "}\n",
		} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			in, err := Open(path, name, Options{})
			for err == nil {
				_, err = in.Next()
			}
			if want := fmt.Sprintf("%s:%d: a line is longer than 16 MiB", name, rows+2); err == nil || err.Error() != want {
				t.Errorf("%s, %d rows: error %v, want %s", name, rows, err, want)
			}
		}
	}
}
