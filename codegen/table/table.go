// Package table opens tables of text, whatever their form: it finds out encoding, delimiter, decimal mark and header,
// says what it found, and hands out the rows one by one.
//
// It exists so that there is one front for tables: init, train, eval and predict read the same rows from the same file.
// What the fields of a row mean is for runtime/encode.
//
// Files may be hostile: only regular files are opened, lines, columns and what is unpacked are bounded, and no more of
// a file is held than one row and a sample of its beginning.
//
// Read looks at that sample (sample.go) for the delimiter (delimiter.go), the columns (columns.go), the decimal mark
// (decimal.go) and the header (header.go); file.go opens and unpacks, magic.go knows what is no table, lines.go cuts
// lines into fields, json.go objects, unit.go tells numbers with units apart.
package table

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Options say what is known of a table; what is left out is found by looking.
type Options struct {
	Delimiter string // one character, or Spaces
	Decimal   string // "." or ","
	Point     bool   // where nothing tells, a point is decimal
	Encoding  string // a name of the Encoding Standard, such as windows-1252
	Header    *bool
	Missing   []string // fields that stand for no value
	// Other says that Delimiter and Encoding are those of another table of the kind: they hold unless this one shows
	// that it is written otherwise, in UTF-8 or with another delimiter throughout.
	Other bool
	Keys  []string // that objects of JSON may all lack, unless Taken says that one of theirs is meant
	Taken func(key, found string) bool
	// Columns are the names of columns that are known, of which the table may lack some.
	Columns []string
	// Features are the names of all columns that a row needs, which make a header of the first row that has them all, as
	// numbers among them do not; nil if they are not known.
	Features []string
	// Below holds what stands below the names of columns, such as units, in another table of the kind; "" for nothing.
	Below  map[string]string
	Texts  bool // one of them holds texts, in which delimiters may stand
	Single bool // the table may be one column, its texts alone
}

// Limits of one table.
const (
	maxColumns = 100_000
	maxRow     = 16 << 20 // bytes
	maxQuoted  = 1000     // lines of one field in quotes
	// maxNameLines are the lines over which names of columns in a comment may go.
	maxNameLines = 50
)

// Row is a row of a table, or what is wrong with it.
type Row struct {
	Line   int      // where it begins, from 1
	Fields []string // valid until the next row
	Bare   []bool   // which of them are numbers, or true and false, of JSON; nil for a table that is not of JSON
	Beyond []string // the keys of an object of JSON that are those of no column
	Err    error    // of this row alone
}

// Table is an open table.
type Table struct {
	File      string // as in messages
	Names     []string
	Columns   int
	Delimiter string
	Comma     bool // numbers have a decimal comma
	// FirstComma is the first number of the sample with a decimal comma, a field alone; without a line if there is
	// none, or what is known says what they have.
	FirstComma Row
	// Unsure is a number whose mark, as that of all others, may be decimal or stand between thousands; "" if some mark
	// tells.
	Unsure    string
	Encoding  string
	Header    bool
	HeaderRow []string // the first row, whether it is a header or not
	JSON      bool
	// Instead says what else the columns of a table of one column seem to stand apart by; "" for nothing.
	Instead string
	// Units says that the second row, of units, belongs to the header. Below holds its fields, unless they are names.
	Units bool
	Below []string
	Lines int // of the header
	// Before is the number of rows, such as titles and comments, that stand before the table and are left out.
	Before int
	// Comments is the number of lines among the rows that were left out so far: of another number of fields, they begin
	// with # and a blank or a letter.
	Comments int
	// Repeated is the number of rows that were left out so far since they are the header again, as where files were put
	// one behind the other.
	Repeated int
	// Blank is the number of blank lines that were left out so far, and FirstBlank the first of them, 0 if there is none. In
	// a table of one column one may stand for an empty field.
	Blank, FirstBlank int

	header    []string // the first line of the header, as it stands
	second    []string // the second, if it has two
	above     bool     // the row that was read last is the first line of the header again
	alone     bool     // the second may stand alone, as no row is like it
	hashes    bool     // fields of the first column begin with # too
	comment   string   // the last above the table
	commented int      // its line
	sample    []Row
	stamps    []int    // of the keys of JSON: the line where each came last
	order     []string // of the keys of JSON, while the sample is read: Names holds them as they were found
	before    int      // the place in order of the key before, -1 at the beginning of an object
	lines     *lines
	closer    io.Closer
	err       error
	ahead     *ahead // nil where Next reads the rows itself
}

// sampled is the number of rows that a table is judged by.
const sampled = 1000

// Open opens a table. The caller closes it.
func Open(path, shown string, o Options) (*Table, error) {
	f, err := OpenFile(path, shown)
	if err != nil {
		return nil, err
	}
	t, err := Read(f, shown, o)
	if err != nil {
		f.Close()
		return nil, err
	}
	t.closer = f
	return t, nil
}

// Read reads a table from r; shown names it in messages.
func Read(r io.Reader, shown string, o Options) (*Table, error) {
	in := bufio.NewReaderSize(r, 1<<12)
	head, _ := in.Peek(peekedMagic)
	if what := recognized(head); what != "" {
		return nil, fmt.Errorf("%s: it is %s", shown, what)
	}
	if a := arrayIn(head); a != "" {
		return nil, fmt.Errorf("%s: it is %w", shown, a)
	}
	text, name, guess, err := decoded(in, o.Encoding, o.Other)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	t := &Table{File: shown, lines: newLines(text), Encoding: name, JSON: isJSONLines(shown)}
	t.lines.guess = guess
	if head, _ := t.lines.peek(); !t.JSON && jsonList.Match(head) {
		return nil, fmt.Errorf("%s: it is a list in JSON; write one object a line, as jq -c '.[]' does, to a file .jsonl",
			shown)
	} else if jsonObject.Match(head) {
		t.JSON = true
	}
	if t.JSON {
		return t, t.beginJSON(o)
	}
	if head, _ := t.lines.peek(); arff.Match(head) {
		return nil, fmt.Errorf("%s: it is ARFF, as of Weka, which is not read; write CSV: a line with the names of the "+
			"attributes, and below it the rows that stand below @data", shown)
	} else if sparseRows.Match(head) {
		return nil, fmt.Errorf("%s: it is of the form of LIBSVM, a number of the column before each value, which is not read; "+
			"write CSV: python3 -c 'import pandas, sklearn.datasets as d; x, y = d.load_svmlight_file(\"FILE\"); "+
			"pandas.DataFrame(x.toarray()).assign(y=y).to_csv(\"FILE.csv\", index=False)'", shown)
	}
	err = t.readSample(o)
	t.noteEncoding()
	if err != nil {
		if err == t.err {
			return nil, err // with its line
		}
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	return t, nil
}

// Plain tells whether the file is read as it stands, unpacked by nothing.
func (t *Table) Plain() bool {
	f, ok := t.closer.(io.Reader)
	return ok && IsPlain(f)
}

// Close closes the file.
func (t *Table) Close() error {
	if t.ahead != nil {
		t.ahead.stop()
	}
	if t.closer == nil {
		return nil
	}
	return t.closer.Close()
}

// Sample returns the rows that the table was judged by, the first ones. Next returns them as well.
func (t *Table) Sample() []Row { return t.sample }

// Next returns the next row. It is io.EOF at the end.
func (t *Table) Next() (Row, error) {
	if len(t.sample) > 0 {
		r := t.sample[0]
		t.sample = t.sample[1:]
		return r, nil
	}
	if t.ahead != nil {
		return t.ahead.next()
	}
	return t.following()
}

// following reads the next row behind the sample.
func (t *Table) following() (Row, error) {
	if t.err != nil {
		return Row{}, t.err
	}
	r, err := t.read()
	t.noteEncoding()
	return r, t.placed(err)
}

// placed says in which line reading ended, which is behind the last one that was read.
func (t *Table) placed(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return fmt.Errorf("%s:%d: %w", t.File, t.lines.line+1, err)
}

// noteEncoding notes that a character told the encoding.
func (t *Table) noteEncoding() {
	if g := t.lines.guess; g != nil && g.latin {
		t.Encoding = "windows-1252"
	}
}

// read reads a row that is no blank line, and checks the number of its columns.
func (t *Table) read() (Row, error) {
	for {
		var r Row
		var err error
		if t.JSON {
			r, err = t.object()
		} else {
			r, err = t.lines.row(t.Delimiter)
		}
		if err != nil {
			return Row{}, err
		}
		if r.Err == nil && len(r.Fields) == 0 {
			if t.Blank++; t.Blank == 1 {
				t.FirstBlank = r.Line
			}
			continue
		}
		if t.checkColumns(&r); t.isComment(&r) {
			t.Comments++
			continue
		}
		if t.isRepeated(&r) {
			t.Repeated++
			continue
		}
		return r, nil
	}
}

// checkColumns makes a row bad that has another number of fields than the table has columns, once that is known.
func (t *Table) checkColumns(r *Row) {
	if r.Err != nil || t.Columns == 0 || len(r.Fields) == t.Columns {
		return
	}
	r.Err = fmt.Errorf("%d columns, want %d as in the first row", len(r.Fields), t.Columns)
	if !t.JSON && len(r.Fields) == 1 && t.Columns > 1 {
		r.Err = fmt.Errorf("%w; it has no %s", r.Err, DelimiterName(t.Delimiter))
	}
}

// remark matches the beginning of a comment among rows. A number behind # is one of a row.
var remark = regexp.MustCompile(`^#+([ \t!]|\pL|$)`)

// isComment tells whether a row that is bad for its number of columns begins as comments do, and rows do not.
func (t *Table) isComment(r *Row) bool {
	if t.JSON || r.Err == nil || len(r.Fields) == 0 || len(r.Fields) == t.Columns || t.Columns < 2 {
		return false
	}
	return !t.hashes && remark.MatchString(strings.TrimSpace(r.Fields[0]))
}

// isRepeated tells whether a row, one behind the other, is a line of the header again: the second right below the
// first.
func (t *Table) isRepeated(r *Row) bool {
	if t.above && isSame(r, t.second) {
		t.above = false
		return true
	}
	t.above = isSame(r, t.header)
	return t.above || t.alone && isSame(r, t.second)
}

// isSame tells whether a row of several fields is the same as another.
func isSame(r *Row, fields []string) bool {
	return len(fields) > 1 && r.Err == nil && slices.EqualFunc(r.Fields, fields, sameField)
}

// sameField tells whether fields are the same but for blanks around them.
func sameField(a, b string) bool { return a == b || strings.TrimSpace(a) == strings.TrimSpace(b) }

// String says in a line what was found.
func (t *Table) String() string {
	if t.JSON {
		return "JSON lines"
	}
	parts := []string{"columns apart by " + DelimiterName(t.Delimiter)}
	if t.Delimiter == None {
		parts[0] = "one column"
	}
	if t.Comma {
		parts = append(parts, "decimal commas")
	}
	if t.Encoding != "utf-8" && t.Encoding != "" {
		parts = append(parts, "in "+t.Encoding)
	}
	if t.Before > 0 {
		parts = append(parts, fmt.Sprintf("rows left out before it: %d", t.Before))
	}
	if t.Comments > 0 {
		parts = append(parts, fmt.Sprintf("comments among its rows left out: %d", t.Comments))
	}
	if t.Repeated > 0 {
		parts = append(parts, fmt.Sprintf("rows left out that repeat the header: %d", t.Repeated))
	}
	switch {
	case t.Units:
		parts = append(parts, "a header of two lines")
	case t.Header:
		parts = append(parts, "a header")
	default:
		parts = append(parts, "no header")
	}
	return strings.Join(parts, ", ")
}

// What begins a table in ARFF, and two rows of LIBSVM: a label, and pairs of a column and a value.
var (
	arff       = regexp.MustCompile(`(?i)^(?:%[^\n]*\n|\s*\n)*@relation\s`)
	sparseRows = regexp.MustCompile(`^(?:[-+]?[0-9][-+0-9.eE]*(?:[ \t]+[0-9]+:[-+]?[0-9.][-+0-9.eE]*)+[ \t]*\r?\n){2}`)
)
