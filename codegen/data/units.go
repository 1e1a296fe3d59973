package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

// unitsOf counts the units of a column in the sample.
func (t *tabular) unitsOf(c int) *table.Units {
	u := &table.Units{}
	for _, row := range t.Sample() {
		if row.Err != nil {
			continue
		}
		if field := strings.TrimSpace(row.Fields[c]); !t.format.IsMissing(field) {
			u.See(field, t.format)
		}
	}
	return u
}

// unit returns the unit of the numbers of a column, that of the training rows where it is known; "" for none. It is an
// error if there are several.
func (t *tabular) unit(c int) (string, error) {
	unit, known := t.like[t.name(c)]
	if !known {
		switch u := t.unitsOf(c); {
		case u.AreDurations(strings.Trim(t.name(c), `"`)):
			unit = encode.Durations
		case u.Several():
			return "", fmt.Errorf("%s: column %s: %s", t.File, t.name(c), u.SaySeveral())
		default:
			unit = u.Only()
		}
	}
	t.seen[t.name(c)] = unit
	return unit, nil
}

// hasUnit tells whether some field of the sample is a number by its unit alone.
func (t *tabular) hasUnit(c int, unit string) bool {
	return unit != "" && slices.ContainsFunc(t.Sample(), func(row table.Row) bool {
		if row.Err != nil {
			return false
		}
		field := strings.TrimSpace(row.Fields[c])
		return !t.format.IsMissing(field) && !table.IsNumber(field, t.format) &&
			(&encode.Column{Unit: unit}).Put(new([1]float32)[:], field, t.format) == nil
	})
}

// measure notes the units of columns of targets.
func (t *tabular) measure(columns []int) error {
	if t.units == nil {
		t.units = map[int]string{}
	}
	for _, c := range columns {
		unit, err := t.unit(c)
		if err != nil {
			return err
		}
		t.units[c] = unit
	}
	return nil
}
