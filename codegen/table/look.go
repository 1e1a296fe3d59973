package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/encode"
)

// settleDecimal decides whether numbers have a decimal comma: if more of a sample are numbers with a comma alone than
// with a point alone. A mark before three digits, as in 7.414, may be either and stand between thousands too; where
// nothing else tells, such numbers are whole if some of their columns below 1000 have no mark and none above, else they
// have a decimal mark, as programs that write three digits write them in each number. Among columns apart by commas a
// number with one is in quotes, which programs of either kind write; there every mark must speak for it.
func (t *Table) settleDecimal(o Options) {
	if o.Decimal != "" {
		t.Comma = o.Decimal == ","
		return
	}
	comma, point := &encode.Format{Missing: o.Missing, Comma: true}, &encode.Format{Missing: o.Missing}
	commas, points := 0, 0
	plain := make([]struct{ below, above, marked int }, t.Columns) // numbers without a mark, by column, and unsure ones
	unsure := [2]int{}                                             // with a point, with a comma
	example := [2]string{}
	for _, r := range t.sample {
		for i, field := range r.Fields[:min(len(r.Fields), t.Columns)] {
			field = strings.TrimSpace(field)
			if !strings.ContainsAny(field, ".,") {
				if v, err := quantity(field, point); err == nil && v > -1000 && v < 1000 {
					plain[i].below++
				} else if err == nil {
					plain[i].above++
				}
				continue
			}
			x, e1 := quantity(field, comma)
			y, e2 := quantity(field, point)
			switch {
			case e1 == nil && e2 != nil:
				if commas++; commas == 1 {
					t.FirstComma = Row{Line: r.Line, Fields: []string{field}}
				}
			case e1 != nil && e2 == nil:
				points++
			case e1 == nil && x != y:
				k := 0
				if x < y == (x > 0) { // 1,234 is 1.234, the smaller
					k = 1
				}
				plain[i].marked++
				if unsure[k]++; unsure[k] == 1 {
					example[k] = field
				}
			}
		}
	}
	k := 0 // the mark that more of the unsure numbers have
	if unsure[1] > unsure[0] {
		k = 1
	}
	below, above := 0, 0
	for _, c := range plain {
		if c.marked > 0 { // years and sums of other columns say nothing of marks
			below, above = below+c.below, above+c.above
		}
	}
	whole := below > 0 && above == 0
	switch {
	case t.Delimiter == ",":
		t.Comma = points == 0 && commas > unsure[0]+unsure[1]
		if points == 0 && !t.Comma && unsure[0] == 0 && !o.Point { // a dot is decimal here
			t.Unsure = example[1]
		}
	case commas != points || unsure[k] == 0:
		t.Comma = commas > points
	case o.Point:
		t.Unsure = example[k]
	default:
		t.Comma, t.Unsure = whole == (k == 0), example[k]
	}
}

// SayUnsure says how numbers are read whose mark may be decimal or stand between thousands, and how to say otherwise.
func (t *Table) SayUnsure() string {
	f, mark, other := &encode.Format{Comma: t.Comma}, ".", ","
	if t.Comma {
		mark, other = other, mark
	}
	v, _ := amount(t.Unsure, f)
	return fmt.Sprintf("%s: numbers such as %q are read as %s, as if by decimal: %q; if that is not meant, say "+
		"decimal: %q in the spec, or init --decimal %[5]s",
		t.File, t.Unsure, strconv.FormatFloat(float64(v), 'f', -1, 32), mark, other)
}

// isHeader tells whether the first row of a table holds names, by comparing it with the rest. What decides is a column
// of numbers or dates: a word above it is a name, a number is not, unless the numbers of the row count its columns, as
// programs do that have no names, or are far from those below them and the row says otherwise that it is none of them:
// by a word that does not come again in a column where words do, or by equal steps from one to the next, as of years.
// In a table of words the first row is a header unless its words come again.
func isHeader(first []string, rest []Row, f *encode.Format) bool {
	names, values, far, again, words := 0, 0, 0, 0, 0
	counted := countsColumns(first)
	for c, field := range first {
		field = strings.TrimSpace(field)
		valued, numbers, repeated, seen := true, true, false, map[string]bool{}
		filled, low, high := 0, float32(math.Inf(1)), float32(math.Inf(-1))
		for _, r := range rest {
			if r.Err != nil || c >= len(r.Fields) {
				continue
			}
			v := strings.TrimSpace(r.Fields[c])
			if f.IsMissing(v) {
				continue
			}
			filled++
			valued = valued && isValue(v, f)
			numbers = numbers && IsAmount(v, f)
			if x, err := amount(v, f); err == nil {
				low, high = min(low, x), max(high, x)
			}
			repeated = repeated || seen[v]
			seen[v] = true
		}
		switch {
		case filled == 0 || f.IsMissing(field) && field != "-":
		case valued && !isValue(field, f), numbers && !IsAmount(field, f):
			names++
		case valued && !counted:
			values++
			if x, err := amount(field, f); err == nil && low < high && (x < low-(high-low) || x > high+(high-low)) {
				far++
			}
		case valued:
		case repeated:
			words++
			if seen[field] {
				again++
			}
		}
	}
	switch {
	case names > 0:
		return names >= values
	case values > 0:
		return 2*far > values && (words > 0 && again == 0 || values > 2 && far == values && isSequence(first))
	case len(rest) == 0:
		return !slices.ContainsFunc(first, func(s string) bool { return isValue(strings.TrimSpace(s), f) && !counted })
	}
	return counted || 2*again <= words && (words > 0 || unique(first))
}

func unique(first []string) bool {
	for i, s := range first {
		if slices.Contains(first[:i], s) {
			return false
		}
	}
	return true
}

// isValue tells whether a field is a number, if only one beyond the range of float32 or with a mark of money or
// percent, or a date.
func isValue(v string, f *encode.Format) bool {
	if IsAmount(v, f) {
		return true
	}
	for l := encode.YearFirst; l <= encode.MonthFirst; l++ {
		if _, err := l.Parse(v); err == nil {
			return true
		}
	}
	return false
}

// amount reads a number, or one of money or percent.
func amount(v string, f *encode.Format) (float32, error) {
	return numberOf(v, f, func(unit string) bool { return unit == encode.Percent || encode.IsCurrency(unit) })
}

// quantity reads a number, or one of any unit.
func quantity(v string, f *encode.Format) (float32, error) {
	return numberOf(v, f, func(string) bool { return true })
}

// numberOf reads a number, or one of a unit that may be.
func numberOf(v string, f *encode.Format, may func(unit string) bool) (float32, error) {
	x, err := f.Number(v)
	if err != encode.ErrNumber {
		return x, err
	}
	if !strings.ContainsAny(v, "0123456789") {
		return 0, err
	}
	unit, ok := Unit(v, f)
	if !ok || !may(unit) {
		return 0, err
	}
	var y [1]float32
	err = (&encode.Column{Unit: unit}).Put(y[:], v, f)
	return y[0], err
}

// IsAmount tells whether a field is a number, as IsNumber has it, or one of money or percent.
func IsAmount(v string, f *encode.Format) bool {
	_, err := amount(v, f)
	return IsNumber(v, f) || err == nil
}

// IsNumber tells whether a field is a number, if only one beyond the range of float32 or with another decimal mark.
func IsNumber(v string, f *encode.Format) bool {
	_, err := f.Number(v)
	return err == nil || err == encode.ErrRange || err == encode.ErrFinite || err == encode.ErrPoint ||
		err == encode.ErrComma
}

// countsColumns tells whether the numbers of a row, at least two, count its columns from 0 or 1; an index without a
// name may stand before them.
func countsColumns(first []string) bool {
	for offset := -1; offset <= 1; offset++ {
		numbers, fits := 0, true
		for i, s := range first {
			v, err := strconv.Atoi(strings.TrimSpace(s))
			if err != nil {
				continue
			}
			numbers++
			fits = fits && v == i+offset
		}
		if numbers > 1 && fits {
			return true
		}
	}
	return false
}

// isSequence tells whether the numbers of a row are whole, and the same step apart.
func isSequence(row []string) bool {
	var numbers []int
	for _, s := range row {
		if v, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
			numbers = append(numbers, v)
		}
	}
	for i := range len(numbers) - 1 {
		if step := numbers[1] - numbers[0]; step == 0 || numbers[i+1]-numbers[i] != step {
			return false
		}
	}
	return len(numbers) > 2
}

// isUnits tells whether a row under the header says in what units the columns are: of its fields at least half that are
// filled, and one, stand in columns of numbers or dates, none is such a value itself, and none comes again in its
// column, as a word for missing values or one of a category would. A unit is one, if only among the words for missing
// values of other columns.
func isUnits(row Row, rest []Row, f *encode.Format) bool {
	if row.Err != nil || len(rest) < 2 {
		return false
	}
	units, filled := 0, 0
	for c, field := range row.Fields {
		if field = strings.TrimSpace(field); f.IsMissing(field) && !unitName.MatchString(field) {
			continue
		}
		if isValue(field, f) {
			return false
		}
		filled++
		values, present := 0, 0
		for _, r := range rest {
			if r.Err != nil || c >= len(r.Fields) {
				continue
			}
			v := strings.TrimSpace(r.Fields[c])
			if v == field {
				return false
			}
			if !f.IsMissing(v) {
				present++
				if isValue(v, f) {
					values++
				}
			}
		}
		if present > 0 && 10*values >= 9*present {
			units++
		}
	}
	return units > 0 && 2*units >= filled
}
