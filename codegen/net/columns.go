package net

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// The words of a spec for parts and layouts of dates, in the order of package encode.
var (
	dateParts   = []string{"year", "month", "day", "weekday", "hour", "year_day"}
	dateLayouts = []string{"year_first", "day_first", "month_first", "unix", "unix_ms"}
)

// Fitted holds what columns take from the training rows: for each input by name an entry for each of its columns.
type Fitted map[string][]Fit

// Fit is what a column takes from the training rows.
type Fit struct {
	Words []string `json:"words,omitempty"`
	Fill  string   `json:"fill,omitempty"`
	// Fixed are the numbers that are the same in all training rows: see encode.Column.
	Fixed []Constant `json:"fixed,omitempty"`
	// Known says of a column of texts that no training row has a word beyond those of the vocabulary: see token.Reader.
	Known bool `json:"known,omitempty"`
}

// Constant is the number at a place of a column, from 0 on.
type Constant struct {
	At    int     `json:"at"`
	Value float32 `json:"value"`
}

// FittedKey is the key of the metadata of weights that holds a Fitted as JSON.
const FittedKey = "columns"

// Check is an error if columns of a spec could not have taken that: more columns than an input has, more words than
// a column takes, or numbers in places that it has not.
func (f Fitted) Check(s *spec.Spec) error {
	for _, in := range s.Inputs {
		if fits := f[in.Name]; len(fits) > len(in.Columns) {
			return fmt.Errorf("the weights speak of %d columns of input %q, which has %d",
				len(fits), in.Name, len(in.Columns))
		}
		for i, fit := range f[in.Name] {
			c := in.Columns[i]
			most := c.MaxWords
			if in.Tokens != nil {
				most = in.Tokens.Words
			}
			if len(fit.Words) > most {
				return fmt.Errorf("the weights have %d words for column %q, which takes %d", len(fit.Words), c.Name, most)
			}
		}
		columns := f.Columns(in)
		for i, fit := range f[in.Name] {
			for _, p := range fit.Fixed {
				if w := columns[i].Width(); p.At < 0 || p.At >= w {
					return fmt.Errorf("the weights have a number at place %d of column %q, which has %d", p.At, in.Columns[i].Name, w)
				}
			}
		}
	}
	return nil
}

// FitsFill tells whether the training rows say what takes the place of a missing field of a column.
func FitsFill(c spec.Column) bool {
	return (c.Fill == "median" || c.Fill == "mean") && c.Words == nil && c.MaxWords == 0 && c.Flag == nil
}

// FitsColumns tells whether some column of an input takes something from the training rows.
func FitsColumns(in spec.Input) bool {
	return in.Tokens != nil && in.Tokens.Words > 0 || slices.ContainsFunc(in.Columns,
		func(c spec.Column) bool { return FitsFill(c) || c.MaxWords > 0 })
}

// Words returns the words of an input of texts; nil before a training.
func (f Fitted) Words(input string) []string {
	if fits := f[input]; len(fits) == 1 {
		return fits[0].Words
	}
	return nil
}

// Of returns the entries of the columns of an input, which it makes if there are none yet.
func (f Fitted) Of(in spec.Input) []Fit {
	for len(f[in.Name]) < len(in.Columns) {
		f[in.Name] = append(f[in.Name], Fit{})
	}
	return f[in.Name]
}

// KnowsAll tells whether no training row has a word beyond the vocabulary of an input of texts.
func (f Fitted) KnowsAll(input string) bool {
	fits := f[input]
	return len(fits) == 1 && fits[0].Known
}

// Columns returns the columns of an input as package encode reads them, without what is fitted; nil if the input names
// none.
func Columns(in spec.Input) []encode.Column { return Fitted(nil).Columns(in) }

// Columns returns the columns of an input as package encode reads them; nil if the input names none.
func (f Fitted) Columns(in spec.Input) []encode.Column {
	var list []encode.Column
	for i, c := range in.Columns {
		var fit Fit
		if fits := f[in.Name]; i < len(fits) {
			fit = fits[i]
		}
		e := encode.Column{Name: c.Name, Other: c.Other, Missing: c.Missing, Fill: c.Fill, Indicator: c.Indicator,
			Unit: c.Unit}
		if FitsFill(c) {
			e.Fill = fit.Fill
		}
		switch {
		case c.MaxWords > 0:
			e.Kind, e.Values, e.Most = encode.Words, fit.Words, c.MaxWords
		case c.Words != nil:
			e.Kind, e.Values = encode.Words, c.Words
		case c.Flag != nil:
			e.Kind, e.Values = encode.Flag, c.Flag
		case c.Date != nil:
			e.Kind, e.Layout = encode.Date, encode.Layout(slices.Index(dateLayouts, c.Layout))
			for _, p := range c.Date {
				e.Parts = append(e.Parts, encode.Part(slices.Index(dateParts, p)))
			}
		}
		for _, p := range fit.Fixed {
			e.Fixed = append(e.Fixed, encode.Fixed(p))
		}
		list = append(list, e)
	}
	return list
}

// DateWords returns the words of a spec for a layout and for parts of dates.
func DateWords(l encode.Layout, parts []encode.Part) (layout string, words []string) {
	for _, p := range parts {
		words = append(words, dateParts[p])
	}
	return dateLayouts[l], words
}

// Format returns how the fields of the tables of a spec are written.
func Format(s *spec.Spec) *encode.Format {
	f := &encode.Format{Missing: spec.Missing}
	if s.Data != nil {
		f.Missing = s.Data.Missing
		f.Comma = s.Data.Train != nil && s.Data.Train.Decimal == ","
	}
	return f
}

// mostCounted is the number of columns that a message about a shape lists.
const mostCounted = 30

// columns checks that the columns of an input together give as many numbers as its shape has, and that what fills
// missing fields is such a field. Columns of plain numbers may be less than a row of the input where its rows are no
// rows of a table: where it holds texts, windows of a series, or arrays of files.
func (b *builder) columns(in spec.Input) bool {
	subject := fmt.Sprintf("input %q", in.Name)
	width, whole := 0, in.Columns != nil && b.ofTable(in)
	f := Format(b.net.Spec)
	for i, c := range Columns(in) {
		width += c.Width()
		whole = whole || in.Columns[i].Encoded()
		if c.Fill == "" {
			continue
		}
		if err := c.Put(make([]float32, c.Width()), c.Fill, f); err != nil {
			b.errs.Add("input", in.Columns[i].Pos, subject, "", "what fills the column %q is no field of it: %v", c.Name, err)
			return false
		}
	}
	if size := ir.Shape(in.Shape).Size(); whole && width != size {
		var counts []string
		for i, c := range Columns(in) {
			if i == mostCounted {
				counts = append(counts, "…")
				break
			}
			counts = append(counts, fmt.Sprintf("%q %d", c.Name, c.Width()))
		}
		b.errs.Add("input", in.ShapePos, subject, fmt.Sprintf("write shape: [%d]", width),
			"its shape %s has %d, but its columns give %d: %s",
			ir.Shape(in.Shape), size, width, strings.Join(counts, ", "))
		return false
	}
	return true
}

// ofTable tells whether an input is a row of a table, as far as the spec says: its columns are then all that it holds.
// A spec that says nothing of its data, as those in ONNX files, may be of a series wherever its windows fit the shape.
func (b *builder) ofTable(in spec.Input) bool {
	switch d := b.net.Spec.Data; {
	case in.Tokens != nil && in.Tokens.Column != "":
		return false
	case d == nil || d.Train == nil:
		n, axes := len(in.Columns), len(in.Shape)
		return ir.Shape(in.Shape).Size()%n != 0 || axes > 1 && n > 1 && in.Shape[axes-1] != n
	default:
		return d.Train.Format == "csv" && d.Train.Series == nil
	}
}
