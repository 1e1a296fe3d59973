package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/token"
	"github.com/nngen/nngen/spec"
)

// fitting is a column that takes something from the training rows: the words that get a number each, or what takes the
// place of missing fields. Which rows those are is known once all are read and split. Until then the first number of
// the column stands for its field: a number for itself, NaN for a missing one, and of words and dates the place of the
// field in a list of all that were read.
type fitting struct {
	column       spec.Column
	encoded      encode.Column
	input, index int // of the input, and of the column in it
	name         string
	at, width    int // where its numbers begin in an example, and how many that has
	codes        map[string]float32
	fields       []string // by code
	// Of a column of words: the first that begins with zeros, which numbers lose, and the first number of JSON; "" for
	// none.
	coded, number string

	text *op.Vocabulary // of a column of texts, whose numbers are its words, by code from 1 on; else nil
	read *token.Reader
}

// fittings are all such columns of a network.
type fittings []*fitting

func newFittings(network *net.Net) fittings {
	list := fittings{}
	for i, in := range network.Spec.Inputs {
		at := 0
		if t := in.Tokens; t != nil && t.Words > 0 {
			v := network.Inputs[i].Vocabulary
			list = append(list, &fitting{column: in.Columns[0], input: i, name: in.Name, width: in.Shape[0],
				codes: map[string]float32{}, fields: []string{""},
				text: v, read: textReader(v, nil, false)})
			continue
		}
		for k, e := range net.Columns(in) {
			if c := in.Columns[k]; net.FitsFill(c) || c.MaxWords > 0 {
				list = append(list, &fitting{column: c, encoded: e, input: i, index: k, name: in.Name, at: at,
					width: network.Inputs[i].Shape.Size(), codes: map[string]float32{}})
			}
			at += e.Width()
		}
	}
	return list
}

// of returns the fitting of a column of an input; nil if it has none.
func (l fittings) of(input, index int) *fitting {
	for _, f := range l {
		if f.input == input && f.index == index {
			return f
		}
	}
	return nil
}

// maxFields bounds the different fields of a column: a float32 holds all whole numbers up to it.
const maxFields = 1 << 24

// put notes a field in the first number of the column.
func (f *fitting) put(x []float32, field string, bare bool, format *encode.Format) error {
	if f.text != nil {
		return f.putText(x[:f.width], present(field, format))
	}
	x = x[:f.encoded.Width()]
	clear(x)
	missing := format.IsMissing(field)
	switch f.encoded.Kind {
	case encode.Number:
		if missing {
			x[0] = float32(math.NaN())
			return nil
		}
		if bare {
			return f.encoded.PutJSON(x, field, true, format)
		}
		return f.encoded.Put(x, field, format)
	case encode.Date:
		if _, err := f.encoded.Time(field); err != nil && !missing {
			return err
		}
	case encode.Words:
		if missing && !f.encoded.Missing {
			return fmt.Errorf("%q is a missing value; missing: true gives it a number", field)
		}
		if encode.IsCode(field) {
			if f.number != "" {
				return fmt.Errorf("%q begins with a zero, which the number %s of a row before may have lost: write strings alone",
					field,
					f.number)
			}
			if f.coded == "" {
				f.coded = strings.Clone(field)
			}
		}
	}
	var err error
	x[0], err = f.code(field)
	return err
}

// checkBare is the error of a number of JSON in a column of words where a row before has a code that begins with zeros.
// Which other words there are is not known yet.
func (f *fitting) checkBare(field string) error {
	if f.encoded.Kind != encode.Words || field == "true" || field == "false" {
		return nil
	}
	if f.coded != "" {
		return (&encode.Column{Kind: encode.Words, Values: []string{f.coded}}).CheckBare(field)
	}
	if f.number == "" {
		f.number = strings.Clone(field)
	}
	return nil
}

// code returns the place of a field or word in the list of all.
func (f *fitting) code(field string) (float32, error) {
	code, seen := f.codes[field]
	if !seen {
		if len(f.fields) == maxFields {
			return 0, fmt.Errorf("it holds more than %d different fields or words", maxFields)
		}
		field = strings.Clone(field) // of a row that is read over
		code = float32(len(f.fields))
		f.codes[field], f.fields = code, append(f.fields, field)
	}
	return code, nil
}

// putText notes the words of a text.
func (f *fitting) putText(x []float32, text string) (err error) {
	n := 0
	f.read.Each(text, func(word string) bool {
		if n == len(x) || err != nil {
			return false
		}
		x[n], err = f.code(word)
		n++
		return true
	})
	clear(x[n:])
	return err
}

// fit takes from the training rows what the columns need.
func (l fittings) fit(train fit.Set, format *encode.Format) net.Fitted {
	fitted := net.Fitted{}
	for _, f := range l {
		for len(fitted[f.name]) <= f.index {
			fitted[f.name] = append(fitted[f.name], net.Fit{})
		}
		r := &fitted[f.name][f.index]
		if f.encoded.Kind == encode.Words || f.text != nil {
			r.Words = f.frequent(train, format)
		} else {
			r.Fill = f.middle(train, format)
		}
	}
	return fitted
}

// frequent returns the most frequent words of the training rows, as many as the column asks for: of texts the most
// frequent first, else by name.
func (f *fitting) frequent(train fit.Set, format *encode.Format) []string {
	counts := make([]int, len(f.fields))
	most, from, to := f.column.MaxWords, f.at, f.at+1
	if f.text != nil {
		most, from, to = f.text.Most, 0, f.width
	}
	for x := train.X[f.input]; len(x) > 0; x = x[f.width:] {
		for _, v := range x[from:to] {
			counts[int(v)]++
		}
	}
	var words []int
	for code, n := range counts {
		if n > 0 && !format.IsMissing(f.fields[code]) {
			words = append(words, code)
		}
	}
	slices.SortFunc(words, func(a, b int) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(f.fields[a], f.fields[b])
	})
	list := []string{}
	for _, code := range words[:min(len(words), most)] {
		list = append(list, f.fields[code])
	}
	if f.text == nil {
		slices.Sort(list)
	}
	return list
}

// middle returns the median or mean of the fields of the training rows, as a field; of numbers 0 if all are missing.
func (f *fitting) middle(train fit.Set, format *encode.Format) string {
	var values []float64
	for x := train.X[f.input]; len(x) > 0; x = x[f.width:] {
		v := float64(x[f.at])
		if f.encoded.Kind == encode.Date {
			field := f.fields[int(v)]
			if format.IsMissing(field) {
				continue
			}
			v, _ = f.encoded.Layout.Parse(field) // put has parsed it
		}
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	v := 0.0
	switch n := len(values); {
	case n == 0:
	case f.column.Fill == "mean":
		for _, w := range values {
			v += w / float64(n)
		}
	default:
		slices.Sort(values)
		v = (values[(n-1)/2] + values[n/2]) / 2
	}
	if f.encoded.Kind == encode.Date {
		return encode.Time(v)
	}
	return strconv.FormatFloat(v, 'g', -1, 32)
}

// fill encodes the fields of a set that put has noted.
func (l fittings) fill(s fit.Set, fitted net.Fitted, format *encode.Format) error {
	if s.N == 0 {
		return nil
	}
	for _, f := range l {
		if f.text != nil {
			f.fillTexts(s.X[f.input], fitted.Words(f.name))
			continue
		}
		c := f.encoded
		c.Values, c.Fill = fitted[f.name][f.index].Words, fitted[f.name][f.index].Fill
		for x := s.X[f.input]; len(x) > 0; x = x[f.width:] {
			field := ""
			switch v := x[f.at]; {
			case c.Kind != encode.Number:
				field = f.fields[int(v)]
			case v == v:
				continue
			}
			if err := c.Put(x[f.at:], field, format); err != nil {
				return fmt.Errorf("column %q: %w", f.column.Name, err)
			}
		}
	}
	return nil
}

// fillTexts puts tokens in the place of the words that putText has noted.
func (f *fitting) fillTexts(x []float32, words []string) {
	tokens := make([]float32, len(f.fields))
	for code := range tokens {
		tokens[code] = float32(f.text.Most + 1)
	}
	tokens[0] = 0
	for i, w := range words {
		tokens[int(f.codes[w])] = float32(i + 1)
	}
	for i, v := range x {
		x[i] = tokens[int(v)]
	}
}

// textReader returns what turns the texts of a column into tokens; words are those that were found in training, and
// known tells that there were no others.
func textReader(v *op.Vocabulary, words []string, known bool) *token.Reader {
	if v.Texts != nil {
		words = v.Texts
	}
	r := token.NewReader(v.Kind, v.Lower, v.Most, words...)
	if known {
		return r.WithoutOthers()
	}
	return r
}
