package data

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// table is a CSV file: names of the columns, if it has a header, and rows with their lines.
type table struct {
	file    string
	names   []string
	columns int
	rows    [][]string
	lines   []int
}

// csv reads a table. A column of words becomes one number for each word that the spec lists, 1 where
// it stands.
func (r *reader) csv() (fit.Set, error) {
	t, err := r.table()
	if err != nil {
		return fit.Set{}, err
	}
	if r.src.Series != nil {
		return r.series(t)
	}
	labels, err := r.labelColumns(t)
	if err != nil {
		return fit.Set{}, err
	}
	if err := r.namedClasses(t, labels); err != nil {
		return fit.Set{}, err
	}
	weight, err := r.weightColumn(t, labels)
	if err != nil {
		return fit.Set{}, err
	}
	features, err := r.featureColumns(t, labels, weight)
	if err != nil {
		return fit.Set{}, err
	}
	if r.o.Unlabeled {
		weight = -1
	}
	return r.fill(t, features, labels, weight)
}

// table parses the file.
func (r *reader) table() (*table, error) {
	b, err := r.open(r.src.Path)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	t := &table{file: r.src.Path}
	c := csv.NewReader(bytes.NewReader(b))
	c.FieldsPerRecord, c.ReuseRecord, c.LazyQuotes = -1, false, false
	if r.src.Delimiter != "" {
		c.Comma, _ = utf8.DecodeRuneInString(r.src.Delimiter)
	}
	for first := true; ; first = false {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			r.fail(t.file, syntax.Line, "%v", syntax.Err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.file, err)
		}
		line, _ := c.FieldPos(0)
		if first {
			t.columns = len(row)
			if r.header(row) {
				if r.src.Header != nil && onlyNumbers(row) {
					return nil, fmt.Errorf("%s:%d: the first row, %s, holds numbers where the spec says header: true; without a header every row is an example: write header: false",
						t.file, line, strings.Join(row[:min(len(row), 4)], ","))
				}
				for _, name := range row {
					t.names = append(t.names, strings.TrimSpace(name))
				}
				continue
			}
		}
		if len(row) != t.columns {
			r.fail(t.file, line, "%d columns, want %d as in the first row", len(row), t.columns)
			continue
		}
		t.rows, t.lines = append(t.rows, row), append(t.lines, line)
	}
	if t.columns == 0 || len(t.rows) == 0 && len(r.bad) == 0 {
		return nil, fmt.Errorf("%s: no rows", t.file)
	}
	return t, nil
}

// header tells whether the first row holds names: as the spec says, or because none of its fields is
// a number.
func (r *reader) header(row []string) bool {
	if r.src.Header != nil {
		return *r.src.Header
	}
	return !slices.ContainsFunc(row, isNumber)
}

// isToken tells whether v is a whole number from 0 up to a number of tokens.
func isToken(v float32, tokens int) bool {
	return v >= 0 && v < float32(tokens) && v == float32(int(v))
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

// column finds a column by name or position.
func (t *table) column(name string) (int, error) {
	switch name {
	case "last":
		return t.columns - 1, nil
	case "first":
		return 0, nil
	}
	if i := slices.Index(t.names, name); i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(name); err == nil {
		if i < 0 || i >= t.columns {
			return 0, fmt.Errorf("%s: no column %d: there are %d, counted from 0", t.file, i, t.columns)
		}
		return i, nil
	}
	if t.names == nil {
		return 0, fmt.Errorf("%s: no column %q: the file has no header, so columns go by position", t.file, name)
	}
	best, distance := "", len(name)/2+1
	for _, n := range t.names {
		if d := levenshtein.ComputeDistance(n, name); d < distance {
			best, distance = n, d
		}
	}
	hint := ""
	if best != "" {
		hint = fmt.Sprintf("; did you mean %q?", best)
	}
	return 0, fmt.Errorf("%s: no column %q%s", t.file, name, hint)
}

func (t *table) all(names []string) ([]int, error) {
	var out []int
	for _, n := range names {
		i, err := t.column(n)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

// labelColumns returns the columns of the targets: one for each output with classes, one for each
// unit of the others.
func (r *reader) labelColumns(t *table) ([]int, error) {
	want := 0
	for _, o := range r.net.Outputs {
		want += targetColumns(o)
	}
	names := r.src.Label
	switch {
	case t.names != nil && r.o.Like.Label != nil:
		names = r.o.Like.Label
	case names == nil:
		names = []string{"last"}
	}
	if r.o.Unlabeled {
		// Labels that are there are left out of the features.
		columns, err := t.all(names)
		if err != nil || t.columns < r.inputs()+want {
			return nil, nil
		}
		return columns, nil
	}
	columns, err := t.all(names)
	if err != nil {
		return nil, err
	}
	if len(columns) != want {
		return nil, fmt.Errorf("%s: %d label columns, but the outputs need %d", t.file, len(columns), want)
	}
	return columns, nil
}

// namedClasses checks that the spec names its classes if the labels are words.
func (r *reader) namedClasses(t *table, labels []int) error {
	if r.o.Unlabeled || r.net.Spec.Classes.Names != nil {
		return nil
	}
	for _, o := range r.net.Outputs {
		if o.Classes == nil {
			labels = labels[targetColumns(o):]
			continue
		}
		words := t.words(labels[0])
		if words != nil {
			return fmt.Errorf("%s: the labels in column %s are words; list them in the spec: classes: [%s]", t.file, t.name(labels[0]), strings.Join(words, ", "))
		}
		labels = labels[1:]
	}
	return nil
}

// words returns the words in a column, sorted, quoted, and shortened if there are many; nil if it holds a number.
func (t *table) words(c int) []string {
	var found []string
	for _, row := range t.rows {
		w := strings.TrimSpace(row[c])
		if isNumber(w) {
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

// inputs returns the number of columns that the inputs read.
func (r *reader) inputs() int {
	n := 0
	for i, in := range r.net.Inputs {
		if columns := r.net.Spec.Inputs[i].Columns; columns != nil {
			n += len(columns)
		} else {
			n += in.Shape.Size()
		}
	}
	return n
}

// weightColumn returns the column of weights, -1 if there is none. A file that the spec does not name may lack it.
func (r *reader) weightColumn(t *table, labels []int) (int, error) {
	if r.src.Weight == "" {
		return -1, nil
	}
	c, err := t.column(r.src.Weight)
	if r.o.Other && (err != nil || t.names == nil && r.src.Series == nil && t.columns <= r.inputs()+len(labels)) {
		return -1, nil
	}
	return c, err
}

func targetColumns(o *net.Output) int {
	if o.Classes != nil {
		return 1
	}
	return o.Layer.Shape.Size()
}

// feature is one column of an input: a number, or a set of words.
type feature struct {
	column int
	words  []string // nil for numbers
}

func (f feature) width() int {
	if f.words == nil {
		return 1
	}
	return len(f.words)
}

// wordsOf returns the words of a column; nil if it holds numbers.
func wordsOf(in spec.Input, column string) []string {
	for _, h := range in.OneHot {
		if h.Column == column {
			return h.Values
		}
	}
	return nil
}

// featureColumns returns the columns of each input.
func (r *reader) featureColumns(t *table, labels []int, weight int) ([][]feature, error) {
	named := map[int]bool{weight: true}
	for _, l := range labels {
		named[l] = true
	}
	out := make([][]feature, len(r.net.Inputs))
	for i, in := range r.net.Spec.Inputs {
		columns, err := r.inputColumns(t, in, named)
		if err != nil {
			return nil, err
		}
		for k, c := range columns {
			f, err := t.feature(c, wordsOf(in, in.Columns[k]))
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], f)
			named[c] = true
		}
	}
	var rest []int
	features := r.src.Features
	if t.names != nil && r.o.Like.Features != nil {
		features = r.o.Like.Features
	}
	if features != nil {
		var err error
		if rest, err = t.all(features); err != nil {
			return nil, err
		}
	} else {
		for c := range t.columns {
			if !named[c] {
				rest = append(rest, c)
			}
		}
	}
	for i, in := range r.net.Spec.Inputs {
		if in.Columns == nil {
			for _, c := range rest {
				f, err := t.feature(c, nil)
				if err != nil {
					return nil, err
				}
				out[i] = append(out[i], f)
			}
			rest = nil
		}
	}
	for i, in := range r.net.Inputs {
		width := 0
		for _, f := range out[i] {
			width += f.width()
		}
		if width != in.Shape.Size() {
			return nil, fmt.Errorf("%s: %d feature columns for input %q, which has the shape %s, %d numbers", t.file, width, in.Name, in.Shape, in.Shape.Size())
		}
	}
	return out, nil
}

// inputColumns finds the columns that an input names. In a file without a header names mean nothing: there the
// columns that nothing else takes come in order.
func (r *reader) inputColumns(t *table, in spec.Input, taken map[int]bool) ([]int, error) {
	columns, err := t.all(in.Columns)
	if err == nil || t.names != nil {
		return columns, err
	}
	columns = nil
	for c := range t.columns {
		if !taken[c] && len(columns) < len(in.Columns) {
			columns = append(columns, c)
		}
	}
	if len(columns) < len(in.Columns) {
		return nil, fmt.Errorf("%s: %d columns for input %q, which names %d", t.file, len(columns), in.Name, len(in.Columns))
	}
	return columns, nil
}

// Header names the columns of a table that are labels and features, in order.
type Header struct{ Label, Features []string }

// HeaderOf returns the names in the header of a CSV source; none if the source is another, cannot be read, or has
// no header. Features are the columns that are neither labels nor weights nor named by an input.
func HeaderOf(src *spec.Source, base string, network *net.Net) (h Header) {
	if src == nil || src.Format != "csv" {
		return h
	}
	r := &reader{src: src, base: base, net: network}
	t, err := r.table()
	if err != nil || t.names == nil {
		return h
	}
	labels, err := r.labelColumns(t)
	if err != nil {
		return h
	}
	for _, c := range labels {
		h.Label = append(h.Label, t.names[c])
	}
	if h.Features = src.Features; h.Features != nil {
		return h
	}
	for c, name := range t.names {
		if !slices.Contains(labels, c) && name != src.Weight &&
			!slices.ContainsFunc(network.Spec.Inputs, func(in spec.Input) bool { return slices.Contains(in.Columns, name) }) {
			h.Features = append(h.Features, name)
		}
	}
	return h
}

// feature describes a column: one of words if the spec says so.
func (t *table) feature(c int, words []string) (feature, error) {
	f := feature{column: c, words: words}
	if words != nil || len(t.rows) == 0 {
		return f, nil
	}
	found := t.words(c)
	if found == nil {
		return f, nil // numbers, among which words are bad rows, reported as such
	}
	return f, fmt.Errorf("%s: column %s holds words; list them in the spec: input: {columns: […], one_hot: [{column: %s, values: [%s]}]}",
		t.file, t.name(c), strings.Trim(t.name(c), `"`), strings.Join(found, ", "))
}

// fill turns rows into numbers.
func (r *reader) fill(t *table, features [][]feature, labels []int, weight int) (fit.Set, error) {
	n := len(t.rows)
	set := fit.Set{N: n}
	for _, in := range r.net.Inputs {
		set.X = append(set.X, make([]float32, n*in.Shape.Size()))
	}
	if labels != nil && !r.o.Unlabeled {
		for _, o := range r.net.Outputs {
			set.Y = append(set.Y, make([]float32, n*o.Layer.Shape.Size()))
		}
	}
	if weight >= 0 {
		set.W = make([]float32, n)
	}
	good := make([]bool, n)
	for i, row := range t.rows {
		good[i] = r.row(t, i, row, features, labels, weight, set)
	}
	return keep(set, good), nil
}

// row fills one example, and reports the first thing that is wrong with it.
func (r *reader) row(t *table, i int, row []string, features [][]feature, labels []int, weight int, set fit.Set) bool {
	number := func(c int) (float32, bool) { return r.number(t, i, c) }
	for k, fs := range features {
		x := set.X[k][i*r.net.Inputs[k].Shape.Size():]
		at := 0
		for _, f := range fs {
			if f.words != nil {
				k := slices.Index(f.words, strings.TrimSpace(row[f.column]))
				if k < 0 {
					r.fail(t.file, t.lines[i], "column %s: %q is none of the words %s", t.name(f.column), row[f.column], strings.Join(f.words, ", "))
					return false
				}
				x[at+k] = 1
				at += len(f.words)
				continue
			}
			v, ok := r.inputNumber(t, i, f.column, r.net.Inputs[k])
			if !ok {
				return false
			}
			x[at] = v
			at++
		}
	}
	if weight >= 0 {
		v, ok := number(weight)
		if !ok {
			return false
		}
		if v < 0 {
			r.fail(t.file, t.lines[i], "column %s: the weight %v is negative", t.name(weight), v)
			return false
		}
		set.W[i] = v
	}
	if set.Y == nil {
		return true
	}
	for k, o := range r.net.Outputs {
		width := o.Layer.Shape.Size()
		y := set.Y[k][i*width:][:width]
		if o.Classes != nil {
			c, err := class(o, row[labels[0]])
			if err != nil {
				r.fail(t.file, t.lines[i], "column %s: %v", t.name(labels[0]), err)
				return false
			}
			setClass(o, y, c)
			labels = labels[1:]
			continue
		}
		for j := range y {
			v, ok := number(labels[0])
			if !ok {
				return false
			}
			y[j], labels = v, labels[1:]
		}
	}
	return true
}

// number reads a number of row i, and reports what is wrong with it.
func (r *reader) number(t *table, i, c int) (float32, bool) {
	v, err := parse(t.rows[i][c])
	switch {
	case errors.Is(err, strconv.ErrRange):
		r.fail(t.file, t.lines[i], "column %s: %s is beyond the range of float32", t.name(c), strings.TrimSpace(t.rows[i][c]))
	case err != nil:
		r.fail(t.file, t.lines[i], "column %s: %q is not a number", t.name(c), t.rows[i][c])
	case math.IsNaN(float64(v)) || math.IsInf(float64(v), 0):
		r.fail(t.file, t.lines[i], "column %s: the value is %v", t.name(c), v)
	default:
		return v, true
	}
	return 0, false
}

// inputNumber reads a number of row i for an input, which may be one of tokens.
func (r *reader) inputNumber(t *table, i, c int, in *op.Layer) (float32, bool) {
	v, ok := r.number(t, i, c)
	if tokens := r.net.Tokens(in); ok && tokens > 0 && !isToken(v, tokens) {
		r.fail(t.file, t.lines[i], "column %s: %v is no token of input %q: those are the whole numbers from 0 to %d", t.name(c), v, in.Name, tokens-1)
		return 0, false
	}
	return v, ok
}

func (t *table) name(c int) string {
	if t.names != nil {
		return fmt.Sprintf("%q", t.names[c])
	}
	return strconv.Itoa(c)
}
