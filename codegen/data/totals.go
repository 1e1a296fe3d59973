package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/table"
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
	column int // of the field in the last row; -1 if it has none
	bad    bool
	below  bool // the row of bad form that was seen last stands below it, as a note does
}

// see takes in a row.
func (s *totals) see(row table.Row) {
	if s.below = row.Err != nil && s.column >= 0 && s.row.Line > 0; s.below {
		return
	}
	s.row, s.column = table.Row{Line: row.Line}, -1
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

// last returns what is said of the last row; nil if it is one like others. A row that is bad for another reason is no
// example, and only named. kept says that it is an example all the same, as rows to predict for are.
func (s *totals) last(t *tabular, kept bool) *Finding {
	if s.row.Line == 0 || s.column < 0 || s.counts[s.column] > 1 {
		return nil
	}
	what := "and is left out"
	if kept {
		what = "but has its line, as each row has; leave it out of the file if it is no row"
	}
	return &Finding{Text: fmt.Sprintf("%s:%d: the last row says %q in column %s: it sums up others, %s", t.File, s.row.Line,
		s.field, t.name(s.column), what)}
}
