package data

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// tabular is an open table.
type tabular struct {
	*table.Table
	format *encode.Format
	other  bool           // it is no table that the spec names, so that the spec is not to be fitted to it
	units  map[int]string // of columns of targets, where their numbers have one
	// as the training rows have them, by the names of columns; nil where that is not known
	like map[string]string
	seen map[string]string // those that were asked for
	// the columns that objects of JSON may have for one, as it is misspelt
	misspelt map[int][]int
	// of an object of JSON: columns, each with another whose name differs in case alone; nil before the first row
	cased   [][2]int
	marks   *marks             // what judges its decimal mark; nil where that is known
	numbers map[string]Numbers // of the training rows, by the names of columns; nil where they are not known
}

// table opens the file.
func (r *reader) table() (*tabular, error) {
	f := *net.Format(r.net.Spec)
	o := FormOf(r.src, r.net.Spec)
	o.Missing, o.Other = f.Missing, r.o.Other
	if r.o.Unlabeled && r.o.Other {
		o.Keys, o.Taken = r.optional(&f), r.isTaken
	}
	o.Columns = withNames(slices.Concat(o.Columns, r.o.Like.Label, r.o.Like.Features,
		r.known(statedPlaces(r.src, r.net.Spec))))
	if r.o.Like.Features != nil || r.o.Like.Label != nil {
		o.Features = slices.Clone(r.o.Like.Features)
		for _, in := range r.net.Spec.Inputs {
			o.Features = append(o.Features, r.known(namesOf(in))...)
		}
	}
	o.Single, o.Below = o.Single && r.o.Unlabeled, r.o.Like.Below
	named := slices.ContainsFunc(r.net.Spec.Inputs, func(in spec.Input) bool { return in.Columns != nil })
	switch comma := r.o.Like.Comma; {
	case r.o.Decimal != "":
		o.Decimal = r.o.Decimal
	case o.Decimal != "":
	case comma != nil && *comma:
		o.Decimal = ","
	case comma != nil, named && r.o.Other: // whose package reads points
		o.Decimal = "."
	}
	in, err := table.Open(r.path(r.src.Path), r.src.Path, o)
	if err != nil {
		return nil, err
	}
	if in.Comma && cmp.Or(r.o.Decimal, r.src.Decimal) == "" && named {
		in.Close()
		if at := in.FirstComma; at.Line > 0 {
			return nil, fmt.Errorf("%s:%d: %q has a decimal comma, as more numbers of the table than have a point, and the "+
				"package must know: write data: {train: {csv: …, decimal: \",\"}}, or decimal: \".\" if points are decimal",
				r.src.Path, at.Line, at.Fields[0])
		}
		return nil,
			fmt.Errorf("%s: its numbers have decimal commas, and the package must know: write data: {train: {csv: …, "+
				"decimal: \",\"}}", r.src.Path)
	}
	comma := in.Comma // a copy, which does not hold on to the table
	r.comma, r.below = &comma, map[string]string{}
	for c, unit := range in.Below {
		unit = strings.TrimSpace(unit)
		r.below[in.Names[c]] = unit
		if like, ok := r.o.Like.Below[in.Names[c]]; ok && like != unit {
			in.Close()
			return nil, fmt.Errorf("%s:%d: below column %q stands %q, where the training rows have %q", r.src.Path, in.Lines+1,
				in.Names[c], unit, like)
		}
	}
	if r.o.Other && r.src.Header == nil && in.Header && !in.JSON && r.o.Like.Label == nil && r.o.Like.Features == nil &&
		!slices.ContainsFunc(in.HeaderRow, func(s string) bool { return !isNumber(s) }) {
		r.counted = strings.Join(in.HeaderRow[:min(len(in.HeaderRow), 4)], ",")
	}
	if in.Unsure != "" {
		r.unsure = in.SayUnsure()
	}
	f.Comma = in.Comma
	t := &tabular{Table: in, format: &f, other: r.o.Other, like: r.o.Like.Units, seen: map[string]string{},
		marks: r.newMarks(in), numbers: r.o.Like.Numbers}
	r.units = t.seen
	switch {
	case t.Columns == 0:
		defer t.Close()
		return nil, r.allBad(t)
	case r.src.Header != nil && t.Header && !t.JSON && onlyNumbers(t.HeaderRow) && !o.Names(t.HeaderRow):
		t.Close()
		return nil,
			fmt.Errorf("%s:%d: the first row, %s, holds numbers where the spec says header: true; without a header every row "+
				"is an example: write header: false",
				t.File, t.Lines, strings.Join(t.HeaderRow[:min(len(t.HeaderRow), 4)], ","))
	case len(t.Sample()) == 0:
		defer t.Close()
		return nil, r.noRows(t)
	}
	return t, nil
}

// allBad is the error of a table whose rows are all bad ones.
func (r *reader) allBad(t *tabular) error {
	for {
		row, err := t.Next()
		switch {
		case err == nil:
			r.fail(t.File, row.Line, "%v", row.Err)
		case err != io.EOF:
			return err
		case len(r.bad) > 0:
			return r.bad
		default:
			return fmt.Errorf("%s: no rows", t.File)
		}
	}
}

// noRows is the error of a table that has none, but names of columns at most.
func (r *reader) noRows(t *tabular) error {
	if _, err := t.Next(); err != nil && err != io.EOF { // a line that is too long
		return err
	}
	if !t.Header {
		return fmt.Errorf("%s: no rows", t.File)
	}
	hint := ""
	if !t.JSON && r.src.Header == nil {
		hint = fmt.Sprintf("; if its only row, %s, is an example, write data: {train: {csv: …, header: false}}",
			strings.Join(t.HeaderRow[:min(len(t.HeaderRow), 4)], ","))
	}
	return fmt.Errorf("%s: no rows behind that of the names%s", t.File, hint)
}

// FormOf returns what a spec says of the form of a table that is laid out as its source, and of the columns that it
// reads.
func FormOf(src *spec.Source, s *spec.Spec) table.Options {
	o := table.Options{Delimiter: src.Delimiter, Decimal: src.Decimal, Encoding: src.Encoding, Header: src.Header,
		Point: true, Columns: slices.Concat(src.Label, src.Features)}
	for _, in := range s.Inputs {
		o.Columns = append(o.Columns, namesOf(in)...)
		o.Texts = o.Texts || in.Tokens != nil && in.Tokens.Column != ""
	}
	if n := src.Series; n != nil {
		o.Columns = append(append(o.Columns, n.Columns...), n.Index)
	}
	o.Columns = withNames(o.Columns)
	o.Single = o.Texts && len(s.Inputs) == 1
	return o
}

// onlyNumbers tells whether a row holds numbers alone, and not those of its columns counted from 0 or 1, which
// some programs write as a header.
func onlyNumbers(row []string) bool {
	counted := [2]bool{true, true}
	for i, s := range row {
		if !isNumber(s) {
			return false
		}
		for from := range counted {
			counted[from] = counted[from] && strings.TrimSpace(s) == strconv.Itoa(i+from)
		}
	}
	return !counted[0] && !counted[1]
}

// isNumber tells whether a field is a number, if only one beyond the range of float32.
func isNumber(s string) bool {
	_, err := parse(s)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// parse reads a number.
func parse(s string) (float32, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 32)
	return float32(v), err
}

// words returns the words in a column, sorted, quoted, and shortened if there are many; nil if it holds a number.
func (t *tabular) words(c int) []string {
	var found []string
	for _, row := range t.Sample() {
		if row.Err != nil {
			continue
		}
		w := strings.TrimSpace(row.Fields[c])
		if t.format.IsMissing(w) {
			continue
		}
		if table.IsNumber(w, t.format) {
			return nil
		}
		if q := strconv.Quote(w); w != "" && len(found) < 1000 && !slices.Contains(found, q) {
			found = append(found, q)
		}
	}
	slices.Sort(found)
	if len(found) > 12 {
		found = append(found[:12], "…")
	}
	return found
}

// isIndex tells whether a column is an index that some program wrote: the first one, without a name, in a table with
// names for the others, which counts the rows.
func (t *tabular) isIndex(c int) bool {
	if c != 0 || t.Names == nil || t.Names[0] != "" || t.Columns < 2 {
		return false
	}
	for i, row := range t.Sample() {
		if row.Err != nil { // it may have no field
			continue
		}
		if v, err := strconv.Atoi(strings.TrimSpace(row.Fields[0])); err != nil || v != i && v != i+1 {
			return false
		}
	}
	return true
}

// number reads a number of a row.
func (t *tabular) number(row *table.Row, c int) (float32, error) {
	var x [1]float32
	column := encode.Column{Unit: t.units[c]}
	if t.marks != nil {
		t.noteMark(c, column.Unit, row)
	}
	err := column.Put(x[:], row.Fields[c], t.format)
	if row.IsBare(c) {
		err = column.PutJSON(x[:], row.Fields[c], true, t.format)
	}
	if err != nil {
		err = t.wrong(c, err)
	}
	return x[0], err
}

// wrong says what is wrong with a field.
func (t *tabular) wrong(c int, err error) error {
	return &fieldError{t.name(c), err}
}

func (t *tabular) wrongf(c int, format string, args ...any) error {
	return t.wrong(c, fmt.Errorf(format, args...))
}

func (t *tabular) name(c int) string {
	if t.Names != nil {
		return fmt.Sprintf("%q", t.Names[c])
	}
	return strconv.Itoa(c)
}
