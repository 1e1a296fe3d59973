package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/fit"
)

// totalWords are what a row says that sums up those above it, in small letters.
var totalWords = []string{"total", "totals", "grand total", "subtotal", "sum", "sums",
	"overall", "all", "average", "mean",
	"summe", "gesamt", "gesamtsumme", "insgesamt", "mittelwert", "durchschnitt", "zwischensumme",
	"somme", "total général", "moyenne", "suma", "media", "promedio", "totale", "somma", "soma",
	"média", "totaal", "gemiddelde"}

// longestTotal is the number of bytes of the longest of totalWords.
var longestTotal = func() (n int) {
	for _, w := range totalWords {
		n = max(n, len(w))
	}
	return n
}()

// mayBegin tells of each byte whether one of totalWords, in small or capital letters, begins with it, or blanks and
// marks around one may.
var mayBegin = func() (begins [256]bool) {
	for _, w := range totalWords {
		begins[w[0]], begins[strings.ToUpper(w)[0]] = true, true
	}
	for _, c := range []byte(aroundTotal) {
		begins[c] = true
	}
	return begins
}()

// aroundTotal are the blanks and marks that may stand around one of totalWords.
const aroundTotal = " :=*\u00a0"

// IsTotal tells whether a field says that its row sums up others.
func IsTotal(field string) bool {
	if field == "" || !mayBegin[field[0]] {
		return false
	}
	if field = strings.Trim(field, aroundTotal); len(field) > longestTotal {
		return false
	}
	return slices.ContainsFunc(totalWords, func(w string) bool {
		return len(w) == len(field) && strings.EqualFold(field, w)
	})
}

// totals finds a row at the end of a table that sums up those above it: it says so where no other row does.
type totals struct {
	counts map[int]int // fields of a column that say so
	row    table.Row
	field  string
	column int      // of the field in the last row; -1 if it has none
	fields []string // of the last row
	bad    bool
	wides  []wide // of columns
	below  bool   // the row of bad form that was seen last stands below it, as a note does
}

// wide sums up what float32 rounds off the numbers of a column that it does not hold exactly.
type wide struct {
	n    int // numbers from 2²⁴ on, as decimals without marks
	rest float64
}

// exactly reads a number from 2²⁴ to 2⁵³, which float32 rounds, as float64; ok is false for another field.
func exactly(field string) (v float64, ok bool) {
	const digits = 8 // that 2²⁴ has
	if len(field) < digits {
		return 0, false
	}
	field = strings.TrimSpace(field)
	plain := strings.TrimPrefix(field, "-")
	if len(plain) < digits || strings.ContainsFunc(plain[:digits], func(c rune) bool { return c < '0' || c > '9' }) {
		return 0, false
	}
	v, err := strconv.ParseFloat(field, 64)
	return v, err == nil && math.Abs(v) >= rounds && math.Abs(v) <= 1<<53
}

// rounds is from where on float32 rounds whole numbers.
const rounds = 1 << 24

// addWide takes in the numbers of a row that float32 rounds.
func (s *totals) addWide(fields []string) {
	for c, field := range fields {
		v, ok := exactly(field)
		if !ok {
			continue
		}
		if c >= len(s.wides) {
			s.wides = append(s.wides, make([]wide, len(fields)-len(s.wides))...)
		}
		s.wides[c].n++
		s.wides[c].rest += v - float64(float32(v))
	}
}

// addRow takes in a row.
func (s *totals) addRow(row table.Row) {
	if s.below = row.Err != nil && s.column >= 0 && s.row.Line > 0; s.below {
		return
	}
	s.row, s.column = table.Row{Line: row.Line}, -1
	s.fields = append(s.fields[:0], row.Fields...)
	s.addWide(row.Fields)
	for c, field := range row.Fields {
		if field == "" || !mayBegin[field[0]] || !IsTotal(field) {
			continue
		}
		if s.counts == nil {
			s.counts = map[int]int{}
		}
		s.counts[c]++
		if s.column < 0 {
			s.column, s.field = c, strings.TrimSpace(field)
		}
	}
}

// leastSummed is the number of rows from which on none is by chance the sum of all others.
const leastSummed = 10

// IsSum tells whether a number is a sum, but for what it was rounded by. Whole numbers below 2²⁴ are not rounded, nor
// are those up to 2⁵³ if all are exact in float64: of those that double from row to row, the last is the sum of the
// others and 1 more.
func IsSum(v, sum float64, exact bool) bool {
	const rounded = 1e-5
	whole := float64(rounds)
	if exact {
		whole = 1 << 53
	}
	if v == math.Trunc(v) && sum == math.Trunc(sum) && math.Abs(sum) < whole {
		return v == sum && sum != 0
	}
	return sum != 0 && math.Abs(v-sum) <= rounded*math.Abs(sum)
}

// addsUp tells whether the last row, of which some fields are empty and the others are numbers, or several are numbers
// that no other row has and none is empty, holds the sums of the first n examples of a set.
func (s *totals) addsUp(r *reader, t *tabular, cs columns, set *fit.Set, n int) bool {
	empty := func(c int) bool { return t.format.IsMissing(strings.TrimSpace(s.fields[c])) }
	if n < leastSummed || len(s.fields) != t.Columns {
		return false
	}
	sums, least, again := 0, 2, false
	if slices.ContainsFunc(s.fields, func(field string) bool { return t.format.IsMissing(strings.TrimSpace(field)) }) {
		least = 1
	}
	isSum := func(c int, unit string, xs []float32, at, width int) bool {
		var v [1]float32
		if (&encode.Column{Unit: unit}).Put(v[:], s.fields[c], t.format) != nil {
			return false
		}
		sum, wides := 0.0, 0
		for i := range n {
			if x := float64(xs[i*width+at]); x == x { // none is missing
				sum += x
				again = again || x == float64(v[0])
				if math.Abs(x) >= rounds {
					wides++
				}
			}
		}
		sums++
		var rest wide
		if c < len(s.wides) {
			rest = s.wides[c]
		}
		last, known := exactly(s.fields[c])
		if known {
			rest.n, rest.rest = rest.n-1, rest.rest-(last-float64(float32(last)))
		} else {
			last, known = float64(v[0]), math.Abs(float64(v[0])) < rounds
		}
		if known = known && rest.n == wides; !known {
			return IsSum(float64(v[0]), sum, false)
		}
		return IsSum(last, sum+rest.rest, true)
	}
	for k, fs := range cs.features {
		at := 0
		for i := range fs {
			f := &fs[i]
			switch number := f.Kind == encode.Number && f.steps == 0; {
			case empty(f.column):
			case !number || !isSum(f.column, f.Unit, set.X[k], at, r.net.Inputs[k].Shape.Size()):
				return false
			}
			at += f.size
		}
	}
	labels := cs.labels
	for k, o := range r.net.Outputs[:min(len(r.net.Outputs), len(set.Y))] {
		width := targetColumns(o)
		for j, c := range labels[:width] {
			if !empty(c) && (o.Classes != nil || !isSum(c, t.units[c], set.Y[k], j, width)) {
				return false
			}
		}
		labels = labels[width:]
	}
	return sums >= least && !(least > 1 && again)
}

// leaveOut takes the last row, which adds up the others, back out of a set, or of the bad rows.
func (s *totals) leaveOut(r *reader, set *fit.Set) *Finding {
	s.drop(r, set)
	return &Finding{Text: fmt.Sprintf("%s:%d: the last row adds up those above it, and is left out", r.src.Path,
		s.row.Line)}
}

// drop takes the last row back out of a set, or of the bad rows.
func (s *totals) drop(r *reader, set *fit.Set) {
	if !s.bad {
		r.shrink(set)
		r.groups = r.groups[:min(len(r.groups), set.N)]
	} else if k := len(r.bad) - 1; k >= 0 && r.bad[k].Line == s.row.Line {
		r.bad = r.bad[:k]
	}
}

// last returns what is said of the last row; nil if it is one like others. kept says that it is an example all the
// same, as rows to predict for are.
func (s *totals) last(t *tabular, kept bool) *Finding {
	if s.row.Line == 0 || s.column < 0 || s.counts[s.column] > 1 {
		return nil
	}
	what := "and is left out"
	if kept {
		what = "but has its line, as each row has; leave it out of the file if it is no row"
	}
	return &Finding{Text: fmt.Sprintf("%s:%d: the last row says %q in column %s: it sums up others, %s", t.File,
		s.row.Line,
		s.field, t.name(s.column), what)}
}
