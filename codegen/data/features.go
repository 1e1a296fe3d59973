package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/token"
	"github.com/nngen/nngen/spec"
)

// finder returns how columns are found that a table has for features, of which some may be known by their places alone.
func (r *reader) finder(t *tabular) func(text string) (int, error) {
	if t.Names == nil || r.o.Like.Features == nil && r.src.Features == nil {
		return t.column
	}
	return func(text string) (int, error) { return r.atPlace(t, text, r.o.Other) }
}

// saysUnnamed says that the columns of a table with a header are taken in their order, since they have no names in the
// training data, or what they were called there is not known: neither do the weights say, nor is it there; and of a
// table without a header, if they have such. It is "" if all have names.
func (r *reader) saysUnnamed(t *tabular, features [][]feature) string {
	if r.o.Other && t.Names == nil {
		return r.saysHeaderless(t, features)
	}
	if !r.o.Other || t.Names == nil || r.counted != "" || r.src.Features != nil || r.o.Like.Features != nil {
		return ""
	}
	for i, in := range r.net.Spec.Inputs {
		if in.Columns != nil || len(features[i]) < 2 {
			continue
		}
		var names []string
		for _, f := range features[i][:min(len(features[i]), named+1)] {
			names = append(names, t.Names[f.column])
		}
		if len(features[i]) > len(names) {
			names = append(names, "…")
		}
		if r.o.Like.Comma != nil { // the training data is there
			return fmt.Sprintf("%s: the columns of the training data have no names, so these are taken in the order of the "+
				"file: %s", t.File, strings.Join(names, ", "))
		}
		return fmt.Sprintf("%s: what the columns were called in training is not known, so these are taken in the order "+
			"of the file: %s; write data: {train: {features: […]}}, or train again, to have them found by name", t.File,
			strings.Join(names, ", "))
	}
	return ""
}

// saysHeaderless says that the columns of a table without a header are taken in the order of those of the training
// data, or of the spec, which have names; "" if there are not several.
func (r *reader) saysHeaderless(t *tabular, features [][]feature) string {
	var names []string
	count := 0
	for i, in := range r.net.Spec.Inputs {
		known := namesOf(in)
		if in.Columns == nil {
			known = r.o.Like.Features
		}
		if known = withNames(known); len(known) == len(features[i]) {
			names, count = append(names, known...), count+len(known)
		}
	}
	if count < 2 {
		return ""
	}
	if len(names) > named+1 {
		names = append(names[:named+1], "…")
	}
	return fmt.Sprintf("%s has no header, so its columns are taken in the order of those of the training: %s", t.File,
		strings.Join(names, ", "))
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
func (r *reader) weightColumn(t *tabular, labels []int) (int, error) {
	if r.src.Weight == "" {
		return -1, nil
	}
	c, err := r.stated(t, r.src.Weight)
	if r.o.Other && (err != nil || t.Names == nil && r.src.Series == nil && t.Columns <= r.inputs()+len(labels)) {
		return -1, nil
	}
	if err != nil {
		err = absent{err}
	}
	return c, err
}

// feature is one column of an input.
type feature struct {
	column int
	encode.Column
	fitting *fitting      // nil if nothing is left to be fitted
	reader  *token.Reader // of a column of texts, else nil
	steps   int           // of a text
	size    int           // what width returns
	// plain tells that the column is of numbers without a unit, and that no word for a missing value is a decimal.
	plain bool
	loose []float32 // what a field gives without what is Fixed
}

// width returns how many numbers the feature gives.
func (f *feature) width() int {
	if f.steps > 0 {
		return f.steps
	}
	return f.Width()
}

// put fills the numbers of a feature by a field of a row; what depends on the training rows is filled in later.
func (f *feature) put(x []float32, row *table.Row, format *encode.Format) error {
	field := row.Fields[f.column]
	switch {
	case f.fitting != nil:
		return f.fitting.put(x, strings.TrimSpace(field), row.IsBare(f.column), format)
	case f.reader != nil:
		f.reader.Read(x[:f.steps], present(field, format))
		return nil
	case row.Bare != nil:
		return f.PutJSON(x, field, row.Bare[f.column], format)
	}
	return f.Put(x, field, format)
}

// unlike says what of all training rows a field, which has no error, differs from, so that it is Fixed; "" if from
// nothing.
func (f *feature) unlike(row *table.Row, format *encode.Format) string {
	if f.fitting != nil || f.reader != nil {
		return ""
	}
	free := *f
	if free.Fixed = nil; f.loose == nil {
		f.loose = make([]float32, f.Width())
	}
	if free.put(f.loose, row, format) != nil {
		return ""
	}
	for _, p := range f.Fixed {
		switch {
		case f.loose[p.At] == p.Value:
		case f.Kind == encode.Number && p.At == 0:
			return fmt.Sprintf("another number than the %v of all training rows", p.Value)
		default:
			return "something that no training row has"
		}
	}
	return ""
}

// checkBare is the error of a number, or true or false, of JSON where a column wants strings.
func (f *feature) checkBare(field string) error {
	if f.fitting != nil {
		return f.fitting.checkBare(field)
	}
	return f.CheckBare(field)
}

// isCut tells whether a text has more tokens than the feature takes.
func (f *feature) isCut(field string, format *encode.Format) bool {
	n := 0
	f.reader.Each(present(field, format), func(string) bool {
		n++
		return n <= f.steps
	})
	return n > f.steps
}

// isOfWords tells whether the column is one of texts that are read by words.
func (f *feature) isOfWords() bool {
	if f.fitting != nil {
		return f.fitting.text != nil && f.fitting.read.Kind() == "words"
	}
	return f.reader != nil && f.reader.Kind() == "words"
}

// prepare notes what does not change from row to row.
func (f *feature) prepare(format *encode.Format) {
	f.size = f.width()
	f.plain = f.reader == nil && f.Kind == encode.Number && f.Unit == "" && f.Fixed == nil &&
		!slices.ContainsFunc(format.Missing, func(word string) bool {
			_, ok := format.Decimal(word)
			return ok
		})
}

// present returns a text; "" for what stands for a missing one.
func present(field string, format *encode.Format) string {
	if field = strings.TrimSpace(field); format.IsMissing(field) {
		return ""
	}
	return field
}

// featureColumns returns the columns of each input.
func (r *reader) featureColumns(t *tabular, labels []int, weight int) ([][]feature, error) {
	named := map[int]bool{weight: true}
	for _, l := range labels {
		named[l] = true
	}
	out := make([][]feature, len(r.net.Inputs))
	var none absent
	for i, in := range r.net.Spec.Inputs {
		columns, err := r.inputColumns(t, in, named)
		if more := (absent)(nil); errors.As(err, &more) {
			none = append(none, more...)
			continue
		}
		if err != nil {
			return nil, err
		}
		encoded := r.o.Fitted.Columns(in)
		for k, c := range columns {
			if err := r.leaks(t, labels, c, in.Columns[k].Pos); err != nil {
				return nil, err
			}
			f := feature{column: c}
			if in.Tokens == nil {
				f, err = t.feature(c, encoded[k])
			} else if v := r.net.Inputs[i].Vocabulary; in.Tokens.Column != "" {
				f.reader, f.steps = textReader(v, r.o.Fitted.Words(in.Name), r.o.Fitted.KnowsAll(in.Name)), in.Shape[0]
			}
			if err != nil {
				return nil, err
			}
			f.fitting = r.fits.of(i, k)
			out[i] = append(out[i], f)
			named[c] = true
		}
	}
	var rest []int
	features := r.src.Features
	if t.Names != nil && r.o.Like.Features != nil {
		features = r.o.Like.Features
	}
	if !slices.ContainsFunc(r.net.Spec.Inputs, func(in spec.Input) bool { return in.Columns == nil }) {
		features = []string{} // every input names its own
	}
	if features != nil {
		var err error
		if rest, err = t.allBy(features, r.finder(t)); err != nil {
			if more := (absent)(nil); errors.As(err, &more) {
				err = append(none, more...)
			}
			return nil, err
		}
		for _, c := range rest {
			if err := r.leaks(t, labels, c, r.src.Pos); err != nil {
				return nil, err
			}
		}
	} else {
		for c := range t.Columns {
			if !named[c] && !t.isIndex(c) {
				rest = append(rest, c)
			}
		}
	}
	if none != nil {
		return nil, none
	}
	for i, in := range r.net.Spec.Inputs {
		if in.Columns == nil {
			for _, c := range rest {
				f, err := t.feature(c, encode.Column{})
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
		for k := range out[i] {
			out[i][k].prepare(t.format)
			width += out[i][k].size
		}
		if width != in.Shape.Size() {
			return nil, fmt.Errorf("%s: %d feature columns for input %q, which has the shape %s, %d numbers", t.File, width,
				in.Name, in.Shape, in.Shape.Size())
		}
	}
	return out, nil
}

// leaks is the error of a table whose rows are examples, and whose column c is a label and a feature: what is to be
// foretold is then there to be read. Windows over a series may hold what was foretold before.
func (r *reader) leaks(t *tabular, labels []int, c int, pos spec.Pos) error {
	if r.o.Unlabeled || r.src.Series != nil || !slices.Contains(labels, c) {
		return nil
	}
	var list spec.ErrorList
	list.Add("input", pos, "data", "leave it out of the features, or name another column as the label",
		"column %s is the label, and a feature too: a network would read what it is to foretell", t.name(c))
	return list.Err()
}

// inputColumns finds the columns that an input names. In a file without a header names mean nothing: there the
// columns that nothing else takes come in order.
func (r *reader) inputColumns(t *tabular, in spec.Input, taken map[int]bool) ([]int, error) {
	columns, err := t.allBy(namesOf(in), func(text string) (int, error) { return r.stated(t, text) })
	if err == nil || t.Names != nil {
		return columns, err
	}
	columns = nil
	for c := range t.Columns {
		if !taken[c] && len(columns) < len(in.Columns) {
			columns = append(columns, c)
		}
	}
	if len(columns) < len(in.Columns) {
		return nil, fmt.Errorf("%s: %d columns for input %q, which names %d", t.File, len(columns), in.Name, len(in.Columns))
	}
	return columns, nil
}

// feature describes a column. It is an error if the spec takes it for numbers, but it holds words.
func (t *tabular) feature(c int, e encode.Column) (feature, error) {
	f := feature{column: c, Column: e}
	if e.Kind != encode.Number {
		return f, nil
	}
	if e.Unit != "" || t.other && t.like == nil {
		return f, nil
	}
	unit, err := t.unit(c)
	if err != nil {
		return f, err
	}
	f.Unit = unit
	found := t.words(c)
	switch {
	case t.other, t.like != nil: // of the training rows, whose reading has said it
		return f, nil
	case t.hasUnit(c, unit):
		return f, fmt.Errorf("%s: the numbers in column %s have a unit; say so in the spec: "+
			"input: {columns: [{name: %s, unit: %q}]}", t.File, t.name(c), strings.Trim(t.name(c), `"`), unit)
	case found == nil:
		return f, nil // numbers, among which words are bad rows, reported as such
	}
	return f, fmt.Errorf("%s: column %s holds words; list them in the spec: input: {columns: [{name: %s, words: [%s]}]}",
		t.File, t.name(c), strings.Trim(t.name(c), `"`), strings.Join(found, ", "))
}
