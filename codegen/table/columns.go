package table

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/encode"
)

// takeColumns takes the number of columns from the sample: as many as most rows have, where rows before them have
// much fewer or hold one field alone, as titles and comments do; else as many as the first row. A header may lack one
// name: that of the names of rows, which some programs write in front, or what a delimiter at the end of each row
// begins; comments and rows without anything count for nothing there. A row of sizes and classes is before the table,
// however many fields it has.
func (t *Table) takeColumns(o Options) {
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
