package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// readSample reads the sample, and judges by it.
func (t *Table) readSample(o Options) error {
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
	t.chooseDelimiter(head, o)
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
	t.takeColumns(o)
	if t.Columns == 0 {
		if t.err != nil && t.err != io.EOF {
			return t.err
		}
		return nil // bad rows alone
	}
	t.chooseDecimal(o)
	t.takeHeader(o)
	return nil
}

// saidDelimiter is a first line that says what the delimiter is, for spreadsheets.
var saidDelimiter = regexp.MustCompile(`^"?sep=([^\n\r"])"?\r?\n`)

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
	below := head[len(above):]
	for range overLines(above, below) {
		line, err := t.lines.next()
		if err != nil {
			return nil, err
		}
		t.comment += "\n" + line
		below = below[bytes.IndexByte(below, '\n')+1:]
	}
	return below, nil
}

// What ends comments with a name in quotes that goes over the line, and begins what is below with the rest of it.
var (
	opensName  = regexp.MustCompile(`(?:^|\n)#[^\n]*[,;|\t] *"[^"\n]*\n$`)
	closesName = regexp.MustCompile(`^[^"]*" *[,;|\t\r\n]`)
)

// overLines returns how many lines below comments are of the last one, as names of columns in quotes go over them.
func overLines(above, below []byte) int {
	last := above[bytes.LastIndexByte(above[:len(above)-1], '\n')+1:]
	if bytes.Count(last, []byte(`"`))%2 == 0 || !opensName.Match(last) || !closesName.Match(below) {
		return 0
	}
	quotes, at := 1, 0
	for n := 1; n <= maxNameLines; n++ {
		end := bytes.IndexByte(below[at:], '\n')
		if end < 0 {
			break
		}
		if quotes += bytes.Count(below[at:at+end], []byte(`"`)); quotes%2 == 0 {
			return n
		}
		at += end + 1
	}
	return 0
}
