package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/runtime/encode"
)

// Spaces is the delimiter of columns that stand apart by runs of spaces.
const Spaces = "spaces"

// None is the delimiter of a table of one column, which nothing cuts: a character that no text holds.
const None = "\uffff"

// delimiters are those that are looked for, the likeliest first.
var delimiters = []string{",", ";", "\t", "|", Spaces}

// leastAlike is the share of rows with the same number of fields below which a delimiter is a mark within texts.
const leastAlike = 0.9

// chooseDelimiter decides by a sample what the columns stand apart by.
//
// The delimiter that cuts most of the names of columns that are known out of one of the first lines is the one, that of
// the options before others. A line that is such a name, and that nothing cuts, is the header of a table of one column,
// and nothing cuts its texts or words. Else it is the delimiter of the options, or the one that findDelimiter finds;
// runs of spaces never where a column is of texts.
func (t *Table) chooseDelimiter(head []byte, o Options) {
	given := t.Delimiter
	if given != "" && !o.Other {
		return
	}
	candidates := slices.Clone(delimiters)
	if o.Texts {
		candidates = slices.DeleteFunc(candidates, func(d string) bool { return d == Spaces })
	}
	if given != "" {
		candidates = append([]string{given}, slices.DeleteFunc(candidates, func(d string) bool { return d == given })...)
	}
	found, alike := findDelimiter(head, candidates)
	names, named := 0, ""
	for _, d := range candidates {
		n, cut := cutNames(head, d, o.Columns)
		if n > names || n == names && cut && named == "" {
			names, named = n, ""
			if cut {
				named = d
			}
		}
	}
	switch {
	case names > 0 && named != "":
		t.Delimiter = named
	case names > 0 && (o.Texts || alike > 0), o.Texts && o.Single && alike < leastAlike:
		t.Delimiter = None
	case given == "", score(head, given).points == 0 && cutsFirst(head, found):
		t.Delimiter = found
	}
}

// cutNames returns how many of the names of columns a delimiter cuts out of one of the first lines, and whether that
// has other fields too.
func cutNames(head []byte, d string, names []string) (n int, cut bool) {
	if len(names) == 0 {
		return 0, false
	}
	l := newLines(strings.NewReader(string(head)))
	for range maxBefore + 1 {
		r, err := l.row(d)
		if err != nil {
			break
		}
		if k := countNames(r.Fields, names); k > n {
			n, cut = k, len(r.Fields) > 1
		}
	}
	return n, cut
}

// countNames returns how many of the names are among the fields of a row.
func countNames(fields, names []string) (n int) {
	for _, name := range names {
		if slices.ContainsFunc(fields, func(f string) bool { return strings.TrimSpace(f) == name }) {
			n++
		}
	}
	return n
}

// findDelimiter returns the delimiter that cuts the lines of a sample into rows most alike, and the share of rows that
// it cuts into as many fields as most. Each candidate counts by that share, and by the share of the fields of those
// rows that hold no other candidate; one that cuts nothing counts nothing.
func findDelimiter(head []byte, candidates []string) (best string, alike float64) {
	best, most := ",", 0.0
	for _, d := range candidates {
		if s := score(head, d); s.points > most+1e-9 {
			best, most, alike = d, s.points, s.alike
		}
	}
	return best, alike
}

// cuts says how well a delimiter cuts a sample into rows: alike is the share of those with as many fields as most.
type cuts struct{ points, alike float64 }

func score(head []byte, d string) cuts {
	counts, clean := map[int]int{}, map[int]int{} // of rows by their number of fields, and of their clean fields
	rows := 0
	l := newLines(strings.NewReader(string(head)))
	for rows < 200 {
		r, err := l.row(d)
		if err != nil {
			break
		}
		if r.Err != nil || len(r.Fields) == 0 {
			continue
		}
		rows++
		counts[len(r.Fields)]++
		for _, f := range r.Fields {
			if isClean(f, d) {
				clean[len(r.Fields)]++
			}
		}
	}
	usual := 0
	for n, c := range counts {
		if n > 1 && (c > counts[usual] || c == counts[usual] && n > usual) {
			usual = n
		}
	}
	if usual == 0 {
		return cuts{}
	}
	alike := float64(counts[usual]) / float64(rows)
	return cuts{alike * alike * (1 + float64(clean[usual])/float64(usual*counts[usual])), alike}
}

// cutsFirst tells whether a delimiter cuts the first row of a sample.
func cutsFirst(head []byte, d string) bool {
	r, err := newLines(strings.NewReader(string(head))).row(d)
	return err == nil && r.Err == nil && len(r.Fields) > 1
}

// otherDelimiter returns the mark that cuts the fields of a table of one column into several, as many in nearly each
// row; "" for none. Delimiters may: the rows stand in quotes then.
func (t *Table) otherDelimiter(head []byte) string {
	if t.Columns != 1 {
		return ""
	}
	for _, mark := range append(slices.Clone(delimiters[:4]), ":", "^", "~", "#", "/", "\\", "_", "*",
		"&", "!", "\x01", "\x1f") {
		counts, rows := map[int]int{}, 0
		l := newLines(strings.NewReader(string(head)))
		for rows < 200 {
			r, err := l.row(t.Delimiter)
			if err != nil {
				break
			}
			if r.Err == nil && len(r.Fields) == 1 {
				rows++
				counts[strings.Count(r.Fields[0], mark)]++
			}
		}
		for n, c := range counts {
			if n > 0 && rows > 1 && 10*c >= 9*rows {
				return mark
			}
		}
	}
	return ""
}

// isClean tells whether a field is one by itself: no other candidate stands in it, but for a decimal comma, with marks
// of thousands and a unit or without, and spaces among words. A quote in a field that ends at a space is one that
// another mark would have closed.
func isClean(f, d string) bool {
	f = strings.TrimSpace(f)
	if d == Spaces && strings.Contains(f, `"`) {
		return false
	}
	if d != "," && hasDecimalComma(f) {
		return true
	}
	return !slices.ContainsFunc(delimiters, func(o string) bool { return o != d && o != Spaces && strings.Contains(f, o) })
}

// DelimiterName names a delimiter in a sentence.
func DelimiterName(d string) string {
	switch d {
	case ",":
		return "commas"
	case ";":
		return "semicolons"
	case "\t":
		return "tabs"
	case "|":
		return "bars"
	case Spaces:
		return "spaces"
	}
	return fmt.Sprintf("%q", d)
}

// hasDecimalComma tells whether a field is a number with one comma, a decimal one before a digit: 58,2 or 1.234,50, of
// a unit or none, as 6 167,20 €.
func hasDecimalComma(field string) bool {
	_, behind, _ := strings.Cut(field, ",")
	if behind == "" || behind[0] < '0' || behind[0] > '9' || strings.Contains(behind, ",") {
		return false
	}
	_, err := quantity(field, commas)
	return err == nil || err == encode.ErrRange
}

var commas = &encode.Format{Comma: true}
