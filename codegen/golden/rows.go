package golden

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nngen/nngen/runtime/encode"
)

// Row is a row of a table: its fields as text, and the numbers that they are.
type Row struct {
	Fields  []string
	Numbers []float32
}

const (
	mostTableRows = 40
	mostFields    = 2000 // of all rows together
	mostWords     = 32   // of a column that stand in a row
)

// Rows returns rows of a table that try what its columns may hold: numbers that differ from column to column, with
// their units, each word, others, both flags, a date with its time, and what is missing where that is allowed. The
// numbers are written down with the text, so that nothing of package encode, which reads it, decides what they are. It
// returns nil if some column may hold nothing, as one whose words are not yet fitted, or if two columns read one field
// of the table in different ways, since no field that it has for one need be any for the other.
func Rows(columns []encode.Column, f *encode.Format) []Row {
	var all [][]field
	rows := 0
	for i := range columns {
		first := slices.IndexFunc(columns, func(c encode.Column) bool { return c.Name == columns[i].Name })
		fields := fieldsOf(&columns[i], f, first+1)
		if len(fields) == 0 || !reflect.DeepEqual(columns[i], columns[first]) {
			return nil
		}
		all = append(all, fields)
		rows = max(rows, len(fields))
	}
	if len(all) == 0 {
		return nil
	}
	list := make([]Row, min(rows, mostTableRows, max(2, mostFields/len(all))))
	for r := range list {
		for _, fields := range all {
			one := fields[r%len(fields)]
			list[r].Fields = append(list[r].Fields, one.text)
			list[r].Numbers = append(list[r].Numbers, one.numbers...)
		}
	}
	return list
}

// field is a field of a column, and the numbers that it is.
type field struct {
	text    string
	numbers []float32
}

// fieldsOf returns fields of a column; of numbers the first are those that k gives, which is another for each column.
// Numbers that are the same in all training rows stay so, whatever the field.
func fieldsOf(c *encode.Column, f *encode.Format, k int) (all []field) {
	add := func(text string, numbers ...float32) {
		if c.Indicator {
			numbers = append(numbers, 0)
		}
		all = append(all, field{text, numbers})
	}
	defer func() {
		for _, one := range all {
			for _, p := range c.Fixed {
				one.numbers[p.At] = p.Value
			}
		}
	}()
	switch c.Kind {
	case encode.Words:
		all = wordsOf(c, f)
		return all
	case encode.Flag:
		add(c.Values[0], 0)
		add(c.Values[1], 1)
	case encode.Date:
		for _, t := range []time.Time{
			time.Date(2000+k%50, time.Month(k%12+1), k%28+1, k%24, 30, 15, 0, time.UTC),
			time.Date(1999, time.December, 31, 18, 0, 0, 0, time.UTC),
			time.Date(2024, time.February, 29, 0, 0, 0, 0, time.UTC),
		} {
			add(dated(t, c.Layout), datesOf(t, c.Parts)...)
		}
		if c.Layout == encode.YearFirst { // the one that has weeks
			add("2021-W05", datesOf(time.Date(2021, time.February, 1, 0, 0, 0, 0, time.UTC), c.Parts)...)
		}
	default:
		positive, negative := float32(k)+0.25, -0.5*float32(k)
		if c.Unit == encode.Percent {
			negative -= 1 // a smaller one may be a share: see encode.IsShare
		}
		add(written(f, positive), positive)
		add(written(f, negative), negative)
		switch {
		case c.Unit == encode.Durations:
			add("1:30:00", 5400)
		case c.Unit != "":
			add(written(f, positive)+" "+c.Unit, positive)
		}
	}
	if numbers, ok := filled(c); ok {
		all = append(all, field{"", numbers})
	}
	return all
}

// wordsOf returns the words of a column, or as many of them as stand in rows, from the first to the last, then another
// and a missing one, if it has numbers for them.
func wordsOf(c *encode.Column, f *encode.Format) []field {
	words := max(c.Most, len(c.Values))
	width := words
	if c.Other {
		width++
	}
	if c.Missing {
		width++
	}
	if c.Indicator {
		width++
	}
	var all []field
	add := func(text string, at int) {
		x := make([]float32, width)
		x[at] = 1
		all = append(all, field{text, x})
	}
	n := min(len(c.Values), mostWords)
	for k := range n {
		at := k
		if n > 1 {
			at = k * (len(c.Values) - 1) / (n - 1)
		}
		add(c.Values[at], at)
	}
	if c.Other {
		other := "another"
		for c.Word(other) >= 0 || slices.Contains(f.Missing, other) {
			other += "'"
		}
		add(other, words)
	}
	if missing := words; c.Missing && !slices.Contains(c.Values, "") {
		if c.Other {
			missing++
		}
		add("", missing)
	}
	return all
}

// filled returns the numbers of a missing field of a column that is none of words, if something fills it in.
func filled(c *encode.Column) (x []float32, ok bool) {
	switch c.Kind {
	case encode.Flag:
		if slices.Contains(c.Values, "") {
			return nil, false
		}
		ok = strings.EqualFold(c.Fill, c.Values[0]) || strings.EqualFold(c.Fill, c.Values[1])
		x = []float32{0}
		if strings.EqualFold(c.Fill, c.Values[1]) {
			x[0] = 1
		}
	case encode.Date:
		t, err := time.Parse(time.DateOnly, c.Fill)
		x, ok = datesOf(t, c.Parts), err == nil && c.Layout < encode.Unix
	default:
		v, err := strconv.ParseFloat(c.Fill, 32)
		x, ok = []float32{float32(v)}, err == nil
	}
	if c.Indicator {
		x = append(x, 1)
	}
	return x, ok
}

// written writes a number as the tables of a spec do.
func written(f *encode.Format, v float32) string {
	text := strconv.FormatFloat(float64(v), 'f', -1, 32)
	if f.Comma {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// dated writes a time in the form of a column.
func dated(t time.Time, l encode.Layout) string {
	switch l {
	case encode.Unix:
		return strconv.FormatInt(t.Unix(), 10)
	case encode.UnixMillis:
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return t.Format([...]string{time.DateTime, "02.01.2006 15:04:05", "01/02/2006 15:04:05"}[l])
}

// datesOf returns the numbers of the parts of a time: the year, and for what comes again the sine and cosine of the
// share of its period that is over.
func datesOf(t time.Time, parts []encode.Part) []float32 {
	var x []float32
	turn := func(share, period float64) {
		s, c := math.Sincos(2 * math.Pi * share / period)
		x = append(x, float32(s), float32(c))
	}
	for _, p := range parts {
		switch p {
		case encode.Year:
			x = append(x, float32(t.Year()))
		case encode.Month:
			turn(float64(t.Month()-time.January), 12)
		case encode.Day:
			turn(float64(t.Day()-1), 31)
		case encode.Weekday:
			turn(float64((t.Weekday()+6)%7), 7)
		case encode.Hour:
			turn(t.Sub(t.Truncate(24*time.Hour)).Hours(), 24)
		case encode.YearDay:
			turn(float64(t.YearDay()-1), 366)
		}
	}
	return x
}
