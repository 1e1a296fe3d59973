package golden

import (
	"math"
	"testing"

	"github.com/nngen/nngen/runtime/encode"
)

// tables are columns of each kind.
func tables() map[string][]encode.Column {
	parts := []encode.Part{encode.Year, encode.Month, encode.Day, encode.Weekday, encode.Hour, encode.YearDay}
	return map[string][]encode.Column{
		"numbers": {{Name: "a"}, {Name: "b", Fill: "27.5", Indicator: true}, {Name: "c", Fill: "-1e3"}},
		"units":   {{Name: "a", Unit: "kg"}, {Name: "b", Unit: encode.Durations}},
		"percent": {{Name: "a", Unit: encode.Percent}, {Name: "b", Unit: encode.Percent, Fill: "0.5"}},
		"words": {{Name: "a", Kind: encode.Words, Values: []string{"red", "green", "blue"}, Most: 4, Other: true,
			Missing: true},
			{Name: "b", Kind: encode.Words, Values: []string{"another", "NA"}, Other: true}},
		"flags": {{Name: "a", Kind: encode.Flag, Values: []string{"no", "yes"}},
			{Name: "b", Kind: encode.Flag, Values: []string{"f", "t"}, Fill: "t", Indicator: true}},
		"dates": {{Name: "a", Kind: encode.Date, Parts: parts},
			{Name: "b", Kind: encode.Date, Layout: encode.DayFirst, Parts: parts, Fill: "2020-02-03"},
			{Name: "c", Kind: encode.Date, Layout: encode.MonthFirst, Parts: parts[1:3], Indicator: true},
			{Name: "d", Kind: encode.Date, Layout: encode.Unix, Parts: parts}, {Name: "e", Kind: encode.Date,
				Layout: encode.UnixMillis, Parts: parts[4:]}},
	}
}

// differs returns how many rows package encode reads as other numbers, or not at all.
func differs(rows []Row, columns []encode.Column, f *encode.Format) (n int) {
	for _, r := range rows {
		x := make([]float32, len(r.Numbers))
		width := 0
		for i := range columns {
			width += columns[i].Width()
		}
		same := width == len(x) && encode.Row(x, r.Fields, columns, f) == nil
		for i := range x {
			same = same && math.Abs(float64(x[i])-float64(r.Numbers[i])) <= 1e-7
		}
		if !same {
			n++
		}
	}
	return n
}

// TestRowsAgreeWithEncode reads the rows by package encode.
func TestRowsAgreeWithEncode(t *testing.T) {
	for name, columns := range tables() {
		for _, f := range []*encode.Format{{Missing: []string{"NA"}}, {Comma: true}} {
			rows := Rows(columns, f)
			if len(rows) < 2 {
				t.Errorf("%s: %d rows", name, len(rows))
			}
			if n := differs(rows, columns, f); n > 0 {
				t.Errorf("%s: %d of %d rows differ: %v", name, n, len(rows), rows)
			}
		}
	}
}

// TestRowsFindWhatColumnsGetWrong changes one thing of a column at a time: some row must then read as other numbers.
func TestRowsFindWhatColumnsGetWrong(t *testing.T) {
	changes := map[string]func(c *encode.Column){
		"values":    func(c *encode.Column) { c.Values = append([]string{c.Values[1], c.Values[0]}, c.Values[2:]...) },
		"a word":    func(c *encode.Column) { c.Values = append([]string{"reed"}, c.Values[1:]...) },
		"other":     func(c *encode.Column) { c.Other = !c.Other },
		"missing":   func(c *encode.Column) { c.Missing = !c.Missing },
		"most":      func(c *encode.Column) { c.Most = len(c.Values) + 5 },
		"unit":      func(c *encode.Column) { c.Unit = "" },
		"fill":      func(c *encode.Column) { c.Fill = "" },
		"filled":    func(c *encode.Column) { c.Fill = "28" },
		"indicator": func(c *encode.Column) { c.Indicator = !c.Indicator },
		"layout":    func(c *encode.Column) { c.Layout = (c.Layout + 1) % 5 },
		"parts":     func(c *encode.Column) { c.Parts = append([]encode.Part{c.Parts[1], c.Parts[0]}, c.Parts[2:]...) },
	}
	applies := func(change string, c *encode.Column) bool {
		switch change {
		case "values", "a word":
			return len(c.Values) > 1
		case "other", "missing", "most":
			return c.Kind == encode.Words
		case "unit":
			return c.Unit != ""
		case "fill":
			return c.Fill != ""
		case "filled":
			return c.Fill != "" && c.Kind == encode.Number
		case "layout":
			return c.Kind == encode.Date
		case "parts":
			return len(c.Parts) > 1
		}
		return true
	}
	f := &encode.Format{Missing: []string{"NA"}}
	for name, columns := range tables() {
		for i := range columns {
			for change, do := range changes {
				if !applies(change, &columns[i]) {
					continue
				}
				rows := Rows(columns, f)
				changed := append([]encode.Column(nil), columns...)
				do(&changed[i])
				if differs(rows, changed, f) == 0 {
					t.Errorf("%s: column %s: no row shows that another has its %s", name, columns[i].Name, change)
				}
			}
		}
	}
}

// TestNoRowsOfColumnsThatHoldNothing has columns of words that no training has fitted.
func TestNoRowsOfColumnsThatHoldNothing(t *testing.T) {
	if rows := Rows([]encode.Column{{Name: "a"}, {Name: "b", Kind: encode.Words, Most: 3}},
		&encode.Format{}); rows != nil {
		t.Errorf("rows %v", rows)
	}
}

// TestNoRowsWhereOneFieldIsReadInTwoWays has a column of numbers that is one of words as well: an object has one member
// for both.
func TestNoRowsWhereOneFieldIsReadInTwoWays(t *testing.T) {
	words := encode.Column{Name: "a", Kind: encode.Words, Values: []string{"x", "y"}}
	if rows := Rows([]encode.Column{{Name: "a"}, words}, &encode.Format{}); rows != nil {
		t.Errorf("rows %v", rows)
	}
	if rows := Rows([]encode.Column{words, words}, &encode.Format{}); len(rows) != 2 {
		t.Errorf("rows %v", rows)
	}
}
