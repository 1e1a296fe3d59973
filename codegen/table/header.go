package table

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/encode"
)

// takeHeader takes the header from the sample, if there is one.
func (t *Table) takeHeader(o Options) {
	first := slices.IndexFunc(t.sample, func(r Row) bool { return r.Err == nil })
	t.HeaderRow = t.sample[first].Fields
	f := &encode.Format{Missing: o.Missing, Comma: t.Comma}
	rest := t.sample[first+1:]
	above := withoutRepeats(t.HeaderRow)
	units, merged, lines := false, false, 1
	if len(rest) > 0 {
		second := rest[0]
		others := slices.DeleteFunc(withoutPairs(t.HeaderRow, second.Fields, rest[1:]),
			func(r Row) bool { return isSame(&r, second.Fields) })
		if t.isSecondLine(above, second, o) {
			units, merged, lines = true,
				countNames(t.HeaderRow, o.Columns) < countNames(joined(above, second.Fields), o.Columns), 2
			t.second, rest = second.Fields, others
		} else if units = isUnits(second, others, f); units {
			merged, lines = isMerged(above, second.Fields), 2
			t.second, rest = second.Fields, others
		}
	}
	if o.Header == nil || *o.Header {
		if names := t.namesAbove(t.sample[first:], f); names != nil {
			t.second = nil
			t.HeaderRow, t.Header, t.Lines = names, true, t.commented
			t.setNames()
			return
		}
	}
	switch {
	case o.Header != nil:
		t.Header = *o.Header
	default:
		named := countNames(t.HeaderRow, o.Columns)
		t.Header = merged || o.Names(t.HeaderRow) || named > 0 && 2*named >= len(o.Columns) ||
			isHeader(t.HeaderRow, rest, f) ||
			repeatsHeader(t.HeaderRow, rest, f)
	}
	if !t.Header {
		return
	}
	if merged || !slices.ContainsFunc(t.HeaderRow, func(s string) bool { return isValue(strings.TrimSpace(s), f) }) {
		t.header = t.HeaderRow
	}
	if units && !merged {
		t.Below = t.sample[first+1].Fields
	}
	if merged {
		t.HeaderRow = joined(above, t.sample[first+1].Fields)
	}
	t.setNames()
	t.Lines = t.sample[first].Line
	t.Units = units
	t.sample = slices.Delete(t.sample, first, first+lines)
	t.alone = t.second != nil &&
		!slices.ContainsFunc(t.second, func(s string) bool { return isValue(strings.TrimSpace(s), f) })
	all := len(t.sample)
	t.sample = slices.DeleteFunc(t.sample, func(r Row) bool { return t.isRepeated(&r) })
	t.Repeated = all - len(t.sample)
}

// Names tells whether a row has the names of all columns that a row needs.
func (o *Options) Names(row []string) bool {
	return o.Features != nil && countNames(row, o.Features) == len(o.Features)
}

// isSecondLine tells whether a row under the first is the second line of the header by what is known of another table
// of the kind, however few rows follow: with it, columns have more of the names that are known, or below theirs stands
// the same.
func (t *Table) isSecondLine(above []string, second Row, o Options) bool {
	if second.Err != nil || o.Header != nil && !*o.Header {
		return false
	}
	first, both := countNames(t.HeaderRow, o.Columns), countNames(joined(above, second.Fields), o.Columns)
	if both > first && 2*both >= len(o.Columns) {
		return true
	}
	same := 0
	for c, name := range t.HeaderRow {
		field := strings.TrimSpace(second.Fields[c])
		if below, known := o.Below[strings.TrimSpace(name)]; known && below != field {
			return false
		} else if known && field != "" {
			same++
		}
	}
	return same > 0 && 2*first >= len(o.Columns)
}

// repeatsHeader tells whether the first row of a table, which holds no numbers or dates, comes again and is a header by
// the other rows, of which none has a field of it.
func repeatsHeader(first []string, rest []Row, f *encode.Format) bool {
	if len(first) < 2 || slices.ContainsFunc(first, func(s string) bool { return isValue(strings.TrimSpace(s), f) }) {
		return false
	}
	others := slices.DeleteFunc(slices.Clone(rest), func(r Row) bool {
		return r.Err == nil && slices.EqualFunc(r.Fields, first, sameField)
	})
	alike := slices.ContainsFunc(others, func(r Row) bool {
		for c, field := range r.Fields[:min(len(r.Fields), len(first))] {
			if sameField(field, first[c]) {
				return true
			}
		}
		return false
	})
	return len(others) > 0 && len(others) < len(rest) && !alike && isHeader(first, others, f)
}

// namesAbove returns the names of columns in the comment above a table, as NumPy writes it; nil if there are none, or
// the table has a header itself.
func (t *Table) namesAbove(rows []Row, f *encode.Format) []string {
	names, err := fields(t.comment, t.Delimiter)
	first := rows[0].Fields
	valued := countsColumns(first) ||
		!slices.ContainsFunc(first, func(s string) bool { return !isValue(strings.TrimSpace(s), f) })
	if err != nil || t.Columns < 2 || len(names) != t.Columns || !valued && isHeader(first, rows[1:], f) ||
		!isHeader(names, rows, f) {
		return nil
	}
	return names
}

// setNames takes the names of the columns from the header.
func (t *Table) setNames() {
	for _, name := range t.HeaderRow {
		t.Names = append(t.Names, strings.TrimSpace(name))
	}
}

// withoutRepeats empties the cells of a line that say the same as the one in front, as programs write those that go
// over several columns.
func withoutRepeats(row []string) []string {
	out := slices.Clone(row)
	for i := len(row) - 1; i > 0; i-- {
		if sameField(row[i], row[i-1]) {
			out[i] = ""
		}
	}
	return out
}

// withoutPairs returns rows without those that are the same as the first two of a table, one behind the other.
func withoutPairs(first, second []string, rows []Row) []Row {
	var out []Row
	for i := 0; i < len(rows); i++ {
		if i+1 < len(rows) && isSame(&rows[i], first) && isSame(&rows[i+1], second) {
			i++
			continue
		}
		out = append(out, rows[i])
	}
	return out
}

// isMerged tells whether the first of two lines of a header has cells that go over several columns, which leave empty
// ones behind: not just the first, of an index, or the last. Where most of the second are units, and most columns have
// a name above, some lack one.
func isMerged(above, below []string) bool {
	filled := func(row []string) []string {
		return slices.DeleteFunc(slices.Clone(row), func(s string) bool { return strings.TrimSpace(s) == "" })
	}
	names, second := filled(above), filled(below)
	units := len(slices.DeleteFunc(slices.Clone(second),
		func(s string) bool { return !unitName.MatchString(strings.TrimSpace(s)) }))
	if 2*len(names) > len(above) && 2*units > len(second) {
		return false
	}
	last := len(above) - 1
	for last > 0 && strings.TrimSpace(above[last]) == "" {
		last--
	}
	return slices.ContainsFunc(above[1:max(last, 1)], func(s string) bool { return strings.TrimSpace(s) == "" }) ||
		last < len(above)-2
}

// joined returns the names of columns by both lines of a header: the second, if those are unique and most columns have
// none in the first, else with the cell of the first that goes over the column in front.
func joined(above, below []string) []string {
	names, over, empty := make([]string, len(above)), "", 0
	for _, name := range above {
		if strings.TrimSpace(name) == "" {
			empty++
		}
	}
	alone := 2*empty > len(above) && unique(below) &&
		!slices.ContainsFunc(below, func(s string) bool { return strings.TrimSpace(s) == "" })
	for i, name := range above {
		if name = strings.TrimSpace(name); name != "" {
			over = name
		}
		names[i] = strings.TrimSpace(below[i])
		if !alone {
			names[i] = strings.TrimSpace(over + " " + names[i])
		}
	}
	return names
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
