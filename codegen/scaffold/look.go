package scaffold

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

// Limits of what init looks at: a table goes on behind so many rows, or bytes of their fields, but what it holds is
// told by these.
var (
	mostRows  = 2_000_000
	mostBytes = 128 << 20
)

// found is what a pass over a table finds.
type found struct {
	table   *table.Table
	columns []*column
	rows    int      // without bad ones
	seen    int      // rows that were read, bad ones too, where the table has more that were not looked at; else 0
	bad     []string // what is wrong with each bad row
}

// look reads a table once, up to mostRows and mostBytes; o.Missing holds the fields that stand for no value.
func look(file string, o table.Options) (found, error) {
	t, err := table.Open(file, file, o)
	if a := table.Array(""); errors.As(err, &a) {
		err = fmt.Errorf("%s: it is an array (%s), and --data takes a table or a folder of pictures; run init without --data, "+
			"and write into the spec input: {shape: […]} and data: {train: {%[2]s: FILE, labels: FILE}, test_split: 0.2}",
			file, string(a))
	}
	if err != nil {
		return found{}, err
	}
	defer t.Close()
	columns, err := columnsOf(t)
	if err != nil {
		return found{}, err
	}
	l := found{table: t, columns: columns}
	f := &encode.Format{Missing: o.Missing, Comma: t.Comma}
	var last table.Row // is seen once it is known whether it sums up the others
	see := func() {
		for i, field := range last.Fields {
			columns[i].see(strings.TrimSpace(field), last.Line, f)
		}
	}
	t.ReadAhead()
	bytes, all := 0, 0
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return found{}, err
		}
		if all == mostRows || bytes >= mostBytes {
			l.seen = all
			break
		}
		all++
		for _, field := range row.Fields {
			bytes += len(field)
		}
		if row.Err != nil {
			l.bad = append(l.bad, fmt.Sprintf("%s:%d: %v", file, row.Line, row.Err))
			continue
		}
		see()
		l.rows++
		last.Line, last.Fields = row.Line, append(last.Fields[:0], row.Fields...)
	}
	for _, c := range columns {
		c.countKept()
	}
	if l.seen == 0 && (sumsUp(last.Fields, columns) || addsUp(last.Fields, columns, f)) {
		l.rows--
	} else {
		see()
	}
	for _, c := range columns {
		c.countKept()
		c.classify()
		c.facts, c.late = nil, nil
	}
	return l, nil
}

// columnsOf returns the columns of a table, of which nothing was seen. Those without a header are referred to by their
// places, from 0; below one, those without a name that YAML takes by #1, #2 and so on.
func columnsOf(t *table.Table) (columns []*column, err error) {
	for i := range t.Columns {
		name, ref := "", strconv.Itoa(i)
		if t.Header {
			name = t.Names[i]
			if k := slices.Index(t.Names[:i], name); k >= 0 && name != "" {
				return nil, fmt.Errorf("%s:%d: columns %d and %d are both called %q; rename one of them",
					t.File, max(t.Lines, 1), k+1, i+1, name)
			}
			ref = name
			if name == "" || !printable(name) { // a name that the header has wins over the place that it may be too
				ref = fmt.Sprintf("#%d", i+1)
			}
		}
		c := newColumn(name, ref, i)
		c.json = t.JSON
		c.format = &encode.Format{Comma: t.Comma}
		columns = append(columns, c)
	}
	return columns, nil
}

// sumsUp tells whether the last row of a table says that it sums up the others, in a column where no other does.
func sumsUp(row []string, columns []*column) bool {
	return slices.ContainsFunc(columns[:len(row)], func(c *column) bool {
		field := strings.TrimSpace(row[c.place])
		return data.IsTotal(field) && c.counts[field] == 0 && c.rows > 1
	})
}

// addsUp tells whether the last row of a table, of which some fields are empty and the others are numbers, or all are
// several numbers that no other row has, holds the sums of the others.
func addsUp(row []string, columns []*column, f *encode.Format) bool {
	const leastSummed = 10 // rows, of which none is by chance the sum of all others
	empty, sums, again := 0, 0, false
	for _, c := range columns[:len(row)] {
		field := strings.TrimSpace(row[c.place])
		if f.IsMissing(field) {
			empty++
		} else if k := c.factsOf(field, f); k.err == nil && c.rows >= leastSummed &&
			data.IsSum(k.exact, c.sum, !c.rounded && !k.isRounded()) {
			sums++
			again = again || c.counts[field] > 0
		}
	}
	return (empty > 0 && sums > 0 || sums > 1 && !again) && empty+sums == len(row)
}

// printable tells whether a name may stand in a spec: YAML takes no control characters.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' ||
			r == '\u007f' || r == '\ufffd'
	})
}
