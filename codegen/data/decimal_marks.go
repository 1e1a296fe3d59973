package data

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

// Numbers is what the sample of the training rows has in a column of numbers.
type Numbers struct {
	Low, High float32
	Grouped   bool // some have marks between thousands
}

// far is how many times beyond the numbers of the training rows one is far from them, and below the least of them: far
// less than the thousand between the two readings of 1,234.
const far = 10

// holds tells whether a number is among those of the training rows, or no further from them than they are apart.
func (n Numbers) holds(v float32) bool {
	width := float64(n.High) - float64(n.Low)
	return float64(v) >= float64(n.Low)-width && float64(v) <= float64(n.High)+width && !n.isFar(v)
}

// isFar tells whether a number is far from those of the training rows.
func (n Numbers) isFar(v float32) bool {
	most, least := max(abs32(n.Low), abs32(n.High)), min(abs32(n.Low), abs32(n.High))
	if n.Low <= 0 && n.High >= 0 {
		least = 0
	}
	return abs32(v) > far*most || far*abs32(v) < least
}

func abs32(v float32) float32 { return float32(math.Abs(float64(v))) }

// numbersOf returns what the sample of a table has in its columns of numbers, by name.
func (t *tabular) numbersOf() map[string]Numbers {
	all := map[string]Numbers{}
	for c := range t.Columns {
		column := encode.Column{Unit: t.seen[t.name(c)]}
		n, found := Numbers{}, false
		for _, row := range t.Sample() {
			if row.Err != nil {
				continue
			}
			var x [1]float32
			field := strings.TrimSpace(row.Fields[c])
			if t.format.IsMissing(field) || column.Put(x[:], field, t.format) != nil {
				continue
			}
			if !found {
				n.Low, n.High, found = x[0], x[0], true
			}
			n.Low, n.High = min(n.Low, x[0]), max(n.High, x[0])
			if !n.Grouped && strings.ContainsAny(field, ".,") {
				w, err := readBy(column.Unit, field, !t.format.Comma)
				n.Grouped = err == nil && abs32(x[0]) > abs32(w)
			}
		}
		if found {
			all[t.name(c)] = n
		}
	}
	return all
}

// marks judges whether the numbers of a table have the decimal mark that they are read by, which is that of another
// table, the training data. A mark before three digits, as in 1,234, may be decimal or stand between thousands; a table
// in which it is taken for the wrong one has numbers a thousand times too large or too small. What tells is the whole
// table: the fields that read by one mark alone, what its columns stand apart by, and which of the two readings is like
// the training rows.
type marks struct {
	strange string // what about its columns speaks for the other mark; "" for nothing
	differs bool   // they stand apart by something else than those of the training data
	columns []marked
}

// marked is what the fields of a column of numbers say.
type marked struct {
	own, other int     // how many read by the mark of the table alone, and by the other alone
	proof      doubt   // the first by the other alone
	far        doubt   // the first that is far from the training rows, where the other reading is among them
	likely     doubt   // the first with a mark between thousands that is among the training rows, where the other is far
	grouped    doubt   // the first with a mark between thousands that the training rows say nothing of
	decimal    doubt   // the first with a decimal mark of that kind
	like       Numbers // of the training rows
	known      bool    // those
}

// doubt is a field that reads in two ways.
type doubt struct {
	line       int // 0 for none
	field      string
	own, other float32
}

func (d *doubt) keep(of doubt) {
	if d.line == 0 {
		of.field = strings.Clone(of.field)
		*d = of
	}
}

// newMarks returns what judges the marks of a table that is laid out like the training data; nil where its own source,
// or who asks, says what they are.
func (r *reader) newMarks(in *table.Table) *marks {
	if r.o.Decimal != "" || !r.o.Other && (r.o.Like.Comma == nil || r.src.Decimal != "") {
		return nil
	}
	m := &marks{columns: make([]marked, in.Columns)}
	trained := cmp.Or(r.o.Like.Delimiter, r.src.Delimiter)
	apart := "its columns stand apart by " + table.DelimiterName(in.Delimiter)
	switch {
	case in.JSON || in.Delimiter == table.None:
	case trained != "" && trained != table.None && in.Delimiter != trained:
		m.strange, m.differs = apart+", those of the training data by "+table.DelimiterName(trained), true
	case !in.Comma && in.Delimiter == ";", in.Comma && in.Delimiter == ",":
		m.strange = apart
	}
	return m
}

// noteDecimal is noteMark of a field that Format.Decimal reads as v: nearly all have no mark, or not before three
// digits, or are among the training rows, from which the other reading is far.
func (t *tabular) noteDecimal(c int, row *table.Row, v float32) {
	field, mark := row.Fields[c], byte('.')
	if t.format.Comma {
		mark = ','
	}
	m := &t.marks.columns[c]
	switch i := strings.IndexByte(field, mark); {
	case i < 0:
	case len(field)-1-i != 3, field[0] == '0' && i == 1: // 0,123 is no number of thousands
		m.own++
	case m.known && m.like.holds(v) && m.like.isFar(1000*v):
	default:
		t.noteMark(c, "", row)
	}
}

// noteMark notes what a field of a column of numbers of a unit says of marks.
func (t *tabular) noteMark(c int, unit string, row *table.Row) {
	field := strings.TrimSpace(row.Fields[c])
	if row.IsBare(c) || !strings.ContainsAny(field, ".,") || t.format.IsMissing(field) {
		return
	}
	m := &t.marks.columns[c]
	if !m.known {
		m.like, m.known = t.numbers[t.name(c)]
	}
	v, e1 := readBy(unit, field, t.format.Comma)
	w, e2 := readBy(unit, field, !t.format.Comma)
	d := doubt{row.Line, field, v, w}
	switch {
	case e1 != nil && e2 != nil || e1 == nil && e2 == nil && v == w:
	case e1 != nil:
		m.other++
		m.proof.keep(d)
	case e2 != nil:
		m.own++
	case m.known && m.like.isFar(v) && m.like.holds(w):
		m.far.keep(d)
	case m.known && m.like.isFar(w) && m.like.holds(v):
		if d.isGrouped() {
			m.likely.keep(d)
		}
	case d.isGrouped():
		m.grouped.keep(d)
	default:
		m.decimal.keep(d)
	}
}

// readBy reads a field with one of the decimal marks.
func readBy(unit, field string, comma bool) (float32, error) {
	var x [1]float32
	err := (&encode.Column{Unit: unit}).Put(x[:], field, &encode.Format{Comma: comma})
	return x[0], err
}

// isGrouped tells whether the mark of a field stands between thousands as it is read.
func (d *doubt) isGrouped() bool { return abs32(d.own) > abs32(d.other) }

// judge returns what is wrong with the marks of a table once all its rows are read: the first field of each column whose
// reading is not sure, and why. Where nothing speaks for the other mark, the one that the table is read by holds.
func (t *tabular) judge() error {
	if t.marks == nil {
		return nil
	}
	own, other := 0, 0
	var proof doubt // of some column
	for i := range t.marks.columns {
		m := &t.marks.columns[i]
		own, other = own+m.own, other+m.other
		if m.proof.line > 0 && (proof.line == 0 || m.proof.line < proof.line) {
			proof = m.proof
		}
	}
	var lines []string
	for c := range t.marks.columns {
		m := &t.marks.columns[c]
		mark := "." // the other one
		if !t.format.Comma {
			mark = ","
		}
		because := func(p doubt) string { return fmt.Sprintf("%q in line %d has a decimal %s", p.field, p.line, mark) }
		say := func(d doubt, why string) {
			if len(lines) < shown {
				lines = append(lines, fmt.Sprintf("%s:%d: column %s: %q is %s by the decimal mark of the training data, but %s if "+
					"%q is decimal, and %s", t.File, d.line, t.name(c), d.field, number32(d.own), number32(d.other), mark, why))
			}
		}
		grouped := m.grouped
		if grouped.line == 0 || m.likely.line > 0 && m.likely.line < grouped.line {
			grouped = m.likely
		}
		strange := t.marks.strange != "" && other >= own && m.own == 0
		switch most := other > own && m.own == 0; {
		case m.far.line > 0 && m.isStrange(t.marks):
			say(m.far, fmt.Sprintf("the training rows have numbers from %s to %s", number32(m.like.Low), number32(m.like.High)))
		case grouped.line > 0 && m.other > 0:
			say(grouped, because(m.proof))
		case grouped.line > 0 && most:
			say(grouped, because(proof))
		case m.decimal.line > 0 && m.other > m.own:
			say(m.decimal, because(m.proof))
		case m.decimal.line > 0 && most:
			say(m.decimal, because(proof))
		case m.grouped.line > 0 && strange && (t.marks.differs || !m.like.Grouped):
			say(m.grouped, t.marks.strange)
		case m.decimal.line > 0 && strange && t.marks.differs:
			say(m.decimal, t.marks.strange)
		}
	}
	if lines == nil {
		return nil
	}
	how := `say decimal: "." or "," in its source`
	if t.other {
		how = `say --decimal . or --decimal ,`
	}
	return fmt.Errorf("%s\n%s, as is meant, or write the numbers without marks between thousands",
		strings.Join(lines, "\n"), how)
}

// isStrange tells whether a field that is far from the training rows is more likely meant by the other mark: not where
// the column has that form in the training rows too, or decimals that show what its decimal mark is.
func (m *marked) isStrange(all *marks) bool {
	if m.far.isGrouped() {
		return m.other > 0 || all.strange != "" || !m.like.Grouped
	}
	return m.own == 0
}

// number32 writes a number in plain digits.
func number32(v float32) string { return strconv.FormatFloat(float64(v), 'f', -1, 32) }
