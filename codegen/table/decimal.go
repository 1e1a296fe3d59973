package table

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/encode"
)

// chooseDecimal decides whether numbers have a decimal comma: if more of a sample are numbers with a comma alone than
// with a point alone. A mark before three digits, as in 7.414, may be either and stand between thousands too; where
// nothing else tells, such numbers are whole if some of their columns below 1000 have no mark and none above, else they
// have a decimal mark, as programs that write three digits write them in each number. Among columns apart by commas a
// number with one is in quotes, which programs of either kind write; there every mark must speak for it.
func (t *Table) chooseDecimal(o Options) {
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
