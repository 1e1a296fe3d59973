// Package table opens tables of text, whatever their form: it finds out encoding, delimiter, decimal mark and header,
// says what it found, and hands out the rows one by one.
//
// It exists so that there is one front for tables: init, train, eval and predict read the same rows from the same file.
// What the fields of a row mean is for runtime/encode.
//
// Files may be hostile: only regular files are opened, lines, columns and what is unpacked are bounded, and no more of
// a file is held than one row and a sample of its beginning.
package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/runtime/encode"
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
	err = t.look(o)
	t.settleEncoding()
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
	t.settleEncoding()
	return r, t.placed(err)
}

// placed says in which line reading ended, which is behind the last one that was read.
func (t *Table) placed(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return fmt.Errorf("%s:%d: %w", t.File, t.lines.line+1, err)
}

// settleEncoding notes that a character told the encoding.
func (t *Table) settleEncoding() {
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

// withoutPairs returns rows without those that are the same as the first two of a table, one behind the other.
func withoutPairs(first, second []string, rows []Row) []Row {
	var out []Row
	for i := 0; i < len(rows); i++ {
		if i+1 < len(rows) && isSame(&rows[i], first) && isSame(&rows[i+1], second) {
			i++
			continue
		}
		out = append(out, rows[i])
	}
	return out
}

// sameField tells whether fields are the same but for blanks around them.
func sameField(a, b string) bool { return a == b || strings.TrimSpace(a) == strings.TrimSpace(b) }

// comments matches the lines above a table that begin with #, and a blank or nothing behind it.
var comments = regexp.MustCompile(`^(?:#+(?:[ \t!][^\n]*)?\r?\n)+`)

// skipComments leaves out the comments above a table, and returns what is below.
func (t *Table) skipComments(head []byte) ([]byte, error) {
	above := comments.Find(head)
	if len(above) == 0 || len(bytes.TrimSpace(head[len(above):])) == 0 {
		return head, nil
	}
	for range bytes.Count(above, []byte("\n")) {
		line, err := t.lines.next()
		if err != nil {
			return nil, err
		}
		t.comment, t.commented = strings.TrimLeft(line, "# \t"), t.lines.line
		t.Before++
	}
	return head[len(above):], nil
}

// look reads the sample, and judges by it.
func (t *Table) look(o Options) error {
	head, err := t.lines.peek()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return errors.New("no rows: the file is empty")
	}
	head = slices.Clone(head) // of a buffer that is read over
	if head, err = t.skipComments(head); err != nil {
		return err
	}
	slices.Sort(o.Columns)
	o.Columns = slices.DeleteFunc(slices.Compact(o.Columns), func(name string) bool { return name == "" })
	t.Delimiter = o.Delimiter
	if said := saidDelimiter.FindSubmatch(head); said != nil {
		if t.Delimiter == "" {
			t.Delimiter = string(said[1])
		}
		if _, err := t.lines.next(); err != nil {
			return err
		}
	}
	t.settleDelimiter(head, o)
	defer func() { t.Instead = t.otherDelimiter(head) }()
	for len(t.sample) < sampled {
		r, err := t.read()
		if err != nil {
			t.err = t.placed(err)
			break
		}
		if len(r.Fields) > maxColumns {
			return fmt.Errorf("%d columns are more than the %d that a table may have", len(r.Fields), maxColumns)
		}
		r.Fields = slices.Clone(r.Fields)
		t.sample = append(t.sample, r)
	}
	t.settleColumns(o)
	if t.Columns == 0 {
		if t.err != nil && t.err != io.EOF {
			return t.err
		}
		return nil // bad rows alone
	}
	t.settleDecimal(o)
	t.settleHeader(o)
	return nil
}

// saidDelimiter is a first line that says what the delimiter is, for spreadsheets.
var saidDelimiter = regexp.MustCompile(`^"?sep=([^\n\r"])"?\r?\n`)

// settleHeader takes the header from the sample, if there is one.
func (t *Table) settleHeader(o Options) {
	first := slices.IndexFunc(t.sample, func(r Row) bool { return r.Err == nil })
	t.HeaderRow = t.sample[first].Fields
	f := &encode.Format{Missing: o.Missing, Comma: t.Comma}
	rest := t.sample[first+1:]
	above := withoutRepeats(t.HeaderRow)
	units, merged, lines := false, false, 1
	if len(rest) > 0 {
		second := rest[0]
		others := slices.DeleteFunc(withoutPairs(t.HeaderRow, second.Fields, rest[1:]),
			func(r Row) bool { return isSame(&r, second.Fields) })
		if t.isSecondLine(above, second, o) {
			units, merged, lines = true,
				countNames(t.HeaderRow, o.Columns) < countNames(joined(above, second.Fields), o.Columns), 2
			t.second, rest = second.Fields, others
		} else if units = isUnits(second, others, f); units {
			merged, lines = isMerged(above, second.Fields), 2
			t.second, rest = second.Fields, others
		}
	}
	if o.Header == nil || *o.Header {
		if names := t.namesAbove(t.sample[first:], f); names != nil {
			t.second = nil
			t.HeaderRow, t.Header, t.Lines = names, true, t.commented
			t.setNames()
			return
		}
	}
	switch {
	case o.Header != nil:
		t.Header = *o.Header
	default:
		named := countNames(t.HeaderRow, o.Columns)
		t.Header = merged || o.Names(t.HeaderRow) || named > 0 && 2*named >= len(o.Columns) ||
			isHeader(t.HeaderRow, rest, f) ||
			repeatsHeader(t.HeaderRow, rest, f)
	}
	if !t.Header {
		return
	}
	if merged || !slices.ContainsFunc(t.HeaderRow, func(s string) bool { return isValue(strings.TrimSpace(s), f) }) {
		t.header = t.HeaderRow
	}
	if units && !merged {
		t.Below = t.sample[first+1].Fields
	}
	if merged {
		t.HeaderRow = joined(above, t.sample[first+1].Fields)
	}
	t.setNames()
	t.Lines = t.sample[first].Line
	t.Units = units
	t.sample = slices.Delete(t.sample, first, first+lines)
	t.alone = t.second != nil &&
		!slices.ContainsFunc(t.second, func(s string) bool { return isValue(strings.TrimSpace(s), f) })
	all := len(t.sample)
	t.sample = slices.DeleteFunc(t.sample, func(r Row) bool { return t.isRepeated(&r) })
	t.Repeated = all - len(t.sample)
}

// Names tells whether a row has the names of all columns that a row needs.
func (o *Options) Names(row []string) bool {
	return o.Features != nil && countNames(row, o.Features) == len(o.Features)
}

// isSecondLine tells whether a row under the first is the second line of the header by what is known of another table
// of the kind, however few rows follow: with it, columns have more of the names that are known, or below theirs stands
// the same.
func (t *Table) isSecondLine(above []string, second Row, o Options) bool {
	if second.Err != nil || o.Header != nil && !*o.Header {
		return false
	}
	first, both := countNames(t.HeaderRow, o.Columns), countNames(joined(above, second.Fields), o.Columns)
	if both > first && 2*both >= len(o.Columns) {
		return true
	}
	same := 0
	for c, name := range t.HeaderRow {
		field := strings.TrimSpace(second.Fields[c])
		if below, known := o.Below[strings.TrimSpace(name)]; known && below != field {
			return false
		} else if known && field != "" {
			same++
		}
	}
	return same > 0 && 2*first >= len(o.Columns)
}

// repeatsHeader tells whether the first row of a table, which holds no numbers or dates, comes again and is a header by
// the other rows, of which none has a field of it.
func repeatsHeader(first []string, rest []Row, f *encode.Format) bool {
	if len(first) < 2 || slices.ContainsFunc(first, func(s string) bool { return isValue(strings.TrimSpace(s), f) }) {
		return false
	}
	others := slices.DeleteFunc(slices.Clone(rest), func(r Row) bool {
		return r.Err == nil && slices.EqualFunc(r.Fields, first, sameField)
	})
	alike := slices.ContainsFunc(others, func(r Row) bool {
		for c, field := range r.Fields[:min(len(r.Fields), len(first))] {
			if sameField(field, first[c]) {
				return true
			}
		}
		return false
	})
	return len(others) > 0 && len(others) < len(rest) && !alike && isHeader(first, others, f)
}

// namesAbove returns the names of columns in the comment above a table, as NumPy writes it; nil if there are none, or
// the table has a header itself.
func (t *Table) namesAbove(rows []Row, f *encode.Format) []string {
	names, err := fields(t.comment, t.Delimiter)
	first := rows[0].Fields
	valued := countsColumns(first) ||
		!slices.ContainsFunc(first, func(s string) bool { return !isValue(strings.TrimSpace(s), f) })
	if err != nil || t.Columns < 2 || len(names) != t.Columns || !valued && isHeader(first, rows[1:], f) ||
		!isHeader(names, rows, f) {
		return nil
	}
	return names
}

// setNames takes the names of the columns from the header.
func (t *Table) setNames() {
	for _, name := range t.HeaderRow {
		t.Names = append(t.Names, strings.TrimSpace(name))
	}
}

// withoutRepeats empties the cells of a line that say the same as the one in front, as programs write those that go
// over several columns.
func withoutRepeats(row []string) []string {
	out := slices.Clone(row)
	for i := len(row) - 1; i > 0; i-- {
		if sameField(row[i], row[i-1]) {
			out[i] = ""
		}
	}
	return out
}

// isMerged tells whether the first of two lines of a header has cells that go over several columns, which leave empty
// ones behind: not just the first, of an index, or the last. Where most of the second are units, and most columns have
// a name above, some lack one.
func isMerged(above, below []string) bool {
	filled := func(row []string) []string {
		return slices.DeleteFunc(slices.Clone(row), func(s string) bool { return strings.TrimSpace(s) == "" })
	}
	names, second := filled(above), filled(below)
	units := len(slices.DeleteFunc(slices.Clone(second),
		func(s string) bool { return !unitName.MatchString(strings.TrimSpace(s)) }))
	if 2*len(names) > len(above) && 2*units > len(second) {
		return false
	}
	last := len(above) - 1
	for last > 0 && strings.TrimSpace(above[last]) == "" {
		last--
	}
	return slices.ContainsFunc(above[1:max(last, 1)], func(s string) bool { return strings.TrimSpace(s) == "" }) ||
		last < len(above)-2
}

// joined returns the names of columns by both lines of a header: the second, if those are unique and most columns have
// none in the first, else with the cell of the first that goes over the column in front.
func joined(above, below []string) []string {
	names, over, empty := make([]string, len(above)), "", 0
	for _, name := range above {
		if strings.TrimSpace(name) == "" {
			empty++
		}
	}
	alone := 2*empty > len(above) && unique(below) &&
		!slices.ContainsFunc(below, func(s string) bool { return strings.TrimSpace(s) == "" })
	for i, name := range above {
		if name = strings.TrimSpace(name); name != "" {
			over = name
		}
		names[i] = strings.TrimSpace(below[i])
		if !alone {
			names[i] = strings.TrimSpace(over + " " + names[i])
		}
	}
	return names
}

// settleColumns takes the number of columns from the sample: as many as most rows have, where rows before them have
// much fewer or hold one field alone, as titles and comments do; else as many as the first row. A header may lack one
// name: that of the names of rows, which some programs write in front, or what a delimiter at the end of each row
// begins; comments and rows without anything count for nothing there. A row of sizes and classes is before the table,
// however many fields it has.
func (t *Table) settleColumns(o Options) {
	counts, good, usual := map[int]int{}, 0, 0
	for _, r := range t.sample {
		if r.Err == nil {
			good++
			if counts[len(r.Fields)]++; counts[len(r.Fields)] > counts[usual] {
				usual = len(r.Fields)
			}
		}
	}
	if good == 0 {
		return
	}
	first := slices.IndexFunc(t.sample, func(r Row) bool { return r.Err == nil })
	before := t.countBefore(usual)
	if usual < 2 || 2*counts[usual] <= good || before >= counts[usual] {
		before = 0
	}
	if before == 0 && usual > 2 && (o.Header == nil || !*o.Header) && t.startsWithSizes(first, usual) {
		before = first + 1
	}
	if before > 0 {
		t.Before += before
		t.sample = t.sample[before:]
		first = 0
	}
	t.Columns = len(t.sample[first].Fields)
	rest := slices.DeleteFunc(slices.Clone(t.sample[first+1:]), func(r Row) bool {
		return r.Err == nil && len(r.Fields) != usual && (isBlank(r) || remark.MatchString(strings.TrimSpace(r.Fields[0])))
	})
	if header := &t.sample[first]; len(header.Fields) == usual-1 && usual > 2 && counts[usual] > 1 &&
		!slices.ContainsFunc(rest, func(r Row) bool { return r.Err == nil && len(r.Fields) != usual }) {
		if !slices.ContainsFunc(rest, func(r Row) bool {
			return r.Err == nil && strings.TrimSpace(r.Fields[usual-1]) != ""
		}) {
			header.Fields, t.Columns = append(header.Fields, ""), usual
		} else if isUnique(rest, 0) {
			header.Fields, t.Columns = append([]string{""}, header.Fields...), usual
		}
	}
	for i := range t.sample {
		t.checkColumns(&t.sample[i])
	}
	t.hashes = slices.ContainsFunc(t.sample[first+1:], func(r Row) bool {
		return r.Err == nil && strings.HasPrefix(strings.TrimSpace(r.Fields[0]), "#")
	})
	all := len(t.sample)
	t.sample = slices.DeleteFunc(t.sample, func(r Row) bool { return t.isComment(&r) })
	t.Comments += all - len(t.sample)
}

// isBlank tells whether a row has nothing in its fields, as the last ones of a spreadsheet.
func isBlank(r Row) bool {
	return !slices.ContainsFunc(r.Fields, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// maxBefore is the most rows that may stand before a table.
const maxBefore = 20

// countBefore returns the number of rows before the first with the usual number of fields, of which more than one is
// filled, or before the one above it that lacks one, as a header may; 0 if one of them has more than half of the usual
// number.
func (t *Table) countBefore(usual int) int {
	for i, r := range t.sample[:min(len(t.sample), maxBefore)] {
		filled := 0
		for _, f := range r.Fields {
			if strings.TrimSpace(f) != "" {
				filled++
			}
		}
		switch {
		case r.Err != nil:
			return 0
		case len(r.Fields) == usual && (usual == 2 || filled > 1):
			return i
		case len(r.Fields) == usual-1 && filled > 1 && i+1 < len(t.sample) && len(t.sample[i+1].Fields) == usual:
			return i
		case len(r.Fields) != usual && 2*len(r.Fields) > usual:
			return 0
		}
	}
	return 0
}

// startsWithSizes tells whether the first row holds no example and no names of columns, but as in the tables of
// scikit-learn the number of examples, that of their features, and the names of the classes, by whose places, from 0 on,
// the last column has them.
func (t *Table) startsWithSizes(first, columns int) bool {
	fields, rest := t.sample[first].Fields, t.sample[first+1:]
	classes := len(fields) - 2
	if len(fields) != columns || classes < 2 || !unique(fields[2:]) {
		return false
	}
	rows, err := strconv.Atoi(strings.TrimSpace(fields[0]))
	if err != nil || rows != len(rest) && (t.err == io.EOF || rows < len(rest)) {
		return false
	}
	if n, err := strconv.Atoi(strings.TrimSpace(fields[1])); err != nil || n != columns-1 {
		return false
	}
	if slices.ContainsFunc(fields[2:], func(s string) bool { return isValue(strings.TrimSpace(s), &encode.Format{}) }) {
		return false
	}
	return !slices.ContainsFunc(rest, func(r Row) bool {
		if r.Err != nil || len(r.Fields) != columns {
			return false
		}
		k, err := strconv.Atoi(strings.TrimSpace(r.Fields[columns-1]))
		return err != nil || k < 0 || k >= classes
	})
}

// isUnique tells whether the fields of a column are all different.
func isUnique(rows []Row, column int) bool {
	seen := map[string]bool{}
	for _, r := range rows {
		if r.Err != nil {
			continue
		}
		if seen[r.Fields[column]] {
			return false
		}
		seen[r.Fields[column]] = true
	}
	return true
}

// DelimiterName names a delimiter in a sentence.
func DelimiterName(d string) string {
	switch d {
	case ",":
		return "commas"
	case ";":
		return "semicolons"
	case "\t":
		return "tabs"
	case "|":
		return "bars"
	case Spaces:
		return "spaces"
	}
	return fmt.Sprintf("%q", d)
}

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

// fields splits a line.
func fields(line string, delimiter string) ([]string, error) {
	if list, ok := split(nil, line, delimiter); ok {
		return list, nil
	}
	return quoted(line, delimiter)
}

// quoted splits a line with quotes, or several of which one row is, as encoding/csv does, or else splitAside.
func quoted(line string, delimiter string) ([]string, error) {
	row, err := quotedCSV(line, delimiter)
	switch {
	case err == nil:
		return row, nil
	case delimiter == None: // a text that begins with a word in quotes
		return []string{line}, nil
	}
	if aside, ok := splitAside(line, delimiter); ok && isDelimiter(delimiter) {
		return aside, nil
	}
	if strings.Contains(line, `\"`) {
		err = fmt.Errorf(`%w; a quote within quotes is written as two and not as \"`, err)
	}
	return row, err
}

// quotedCSV splits a line with quotes, or several of which one row is, as encoding/csv does.
func quotedCSV(line string, delimiter string) ([]string, error) {
	c := csv.NewReader(strings.NewReader(line))
	c.Comma, _ = utf8.DecodeRuneInString(delimiter)
	c.FieldsPerRecord = -1
	row, err := c.Read()
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		err = syntax.Err
	}
	return row, err
}

// What begins a list of objects in JSON, and an object that is a line by itself.
var (
	jsonList   = regexp.MustCompile(`^\s*\[\s*\{\s*"`)
	jsonObject = regexp.MustCompile(`^\s*\{\s*"[^\n]*\}\s*(\n|$)`)
)

// What begins a table in ARFF, and two rows of LIBSVM: a label, and pairs of a column and a value.
var (
	arff       = regexp.MustCompile(`(?i)^(?:%[^\n]*\n|\s*\n)*@relation\s`)
	sparseRows = regexp.MustCompile(`^(?:[-+]?[0-9][-+0-9.eE]*(?:[ \t]+[0-9]+:[-+]?[0-9.][-+0-9.eE]*)+[ \t]*\r?\n){2}`)
)

func isJSONLines(name string) bool {
	name = strings.ToLower(name)
	for _, packed := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".ndjson")
}

// beginJSON reads the sample of a file of objects, one a line: their keys are the columns, in the order in which
// objects have them. An object without a key of others, or with null, has no value there.
func (t *Table) beginJSON(o Options) error {
	t.Header, t.Delimiter = true, ","
	t.Comma = o.Other && o.Decimal == "," // of texts, as the training rows have it; numbers of JSON have a point
	for len(t.sample) < sampled {
		r, err := t.object()
		if err != nil {
			t.err = t.placed(err)
			break
		}
		r.Fields = slices.Clone(r.Fields)
		t.sample = append(t.sample, r)
	}
	for _, key := range o.Keys {
		taken := func(found string) bool { return o.Taken != nil && o.Taken(key, found) }
		if !slices.Contains(t.Names, key) && !slices.ContainsFunc(t.Names, taken) {
			t.order, t.Names = append(t.order, key), append(t.Names, key)
		}
	}
	t.Columns = len(t.Names)
	if t.Columns == 0 && t.err != nil && t.err != io.EOF {
		return t.err
	}
	for i := range t.sample {
		r := &t.sample[i]
		found, bare := r.Fields, r.Bare
		r.Fields, r.Bare = make([]string, t.Columns), make([]bool, t.Columns)
		for c, field := range found {
			at := slices.Index(t.order, t.Names[c])
			r.Fields[at], r.Bare[at] = field, bare[c]
		}
	}
	t.Names, t.HeaderRow = t.order, t.order
	return nil
}

// object reads the next object of a file of them.
func (t *Table) object() (Row, error) {
	line, err := t.lines.next()
	for err == nil && strings.TrimSpace(line) == "" {
		line, err = t.lines.next()
	}
	if err != nil {
		return Row{}, err
	}
	r := Row{Line: t.lines.line}
	r.Fields = make([]string, t.Columns, max(t.Columns, len(t.Names)))
	r.Bare = make([]bool, t.Columns, cap(r.Fields))
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	t.before = -1
	token, err := d.Token()
	if err != nil || token != json.Delim('{') {
		r.Err = errNoObject
		return r, nil
	}
	if r.Err = t.members(d, &r, ""); r.Err == nil && d.More() {
		r.Err = errors.New("something follows the object")
	}
	return r, nil
}

// IsBare tells whether a field is a number, or true or false, of JSON.
func (r *Row) IsBare(column int) bool { return r.Bare != nil && r.Bare[column] }

var errNoObject = errors.New("the line is no JSON object")

// maxNested is the deepest level of objects within objects whose members are columns.
const maxNested = 16

// members reads the members of an object behind its brace. Those of an object within it are columns of their own,
// geo.lat and geo.lon; a list is a field as it is written. Keys that no object of the sample has
// are of no column.
func (t *Table) members(d *json.Decoder, r *Row, prefix string) error {
	if strings.Count(prefix, ".") > maxNested {
		return fmt.Errorf("more than %d objects within each other", maxNested)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return errNoObject
		}
		name := prefix + key.(string)
		value, err := d.Token()
		if err != nil {
			return errNoObject
		}
		var field string
		bare := false
		switch v := value.(type) {
		case string:
			field = v
		case json.Number, bool:
			field, bare = fmt.Sprint(v), true
		case json.Delim:
			if v == '{' {
				if err := t.members(d, r, name+"."); err != nil {
					return err
				}
				continue
			}
			if field, err = list(d); err != nil {
				return err
			}
		}
		c := slices.Index(t.Names, name)
		switch {
		case c < 0 && t.Columns > 0:
			r.Beyond = append(r.Beyond, name)
			continue
		case c < 0 && len(t.Names) == maxColumns:
			return fmt.Errorf("more than %d keys", maxColumns)
		case c < 0:
			c, t.Names = len(t.Names), append(t.Names, name)
			if t.before < 0 {
				t.before = len(t.order) - 1
			}
			t.order = slices.Insert(t.order, t.before+1, name)
		}
		for len(t.stamps) <= c {
			t.stamps = append(t.stamps, 0)
		}
		if t.stamps[c] == r.Line {
			return fmt.Errorf("the key %q comes twice in the object", name)
		}
		t.stamps[c] = r.Line
		for len(r.Fields) <= c {
			r.Fields, r.Bare = append(r.Fields, ""), append(r.Bare, false)
		}
		r.Fields[c], r.Bare[c] = field, bare
		if t.Columns == 0 {
			t.before = slices.Index(t.order, name)
		}
	}
	if _, err := d.Token(); err != nil {
		return errNoObject
	}
	return nil
}

// list reads a list behind its bracket, and returns it as it is written, without blanks.
func list(d *json.Decoder) (string, error) {
	var items []string
	for d.More() {
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return "", errNoObject
		}
		var b bytes.Buffer
		if err := json.Compact(&b, item); err != nil {
			return "", errNoObject
		}
		items = append(items, b.String())
	}
	if _, err := d.Token(); err != nil {
		return "", errNoObject
	}
	return "[" + strings.Join(items, ",") + "]", nil
}
