// Package encode turns the fields of a row, numbers and words, into the numbers of an input.
package encode

import (
	"errors"
	"strconv"
	"strings"
)

// Column is one field: a number, or a word that becomes one number for each of Values, 1 for the one
// that stands there and 0 for the others.
type Column struct {
	Name   string
	Values []string // nil for a number
}

// Row fills x, which must have as many elements as the columns give numbers. Blanks around a field do
// not count. If there is an error, which names the column, x holds nothing useful.
func Row(x []float32, fields []string, columns []Column) error {
	if len(fields) != len(columns) {
		return errors.New(strconv.Itoa(len(fields)) + " fields, want " + strconv.Itoa(len(columns)))
	}
	at := 0
	for i, c := range columns {
		field := strings.TrimSpace(fields[i])
		if c.Values == nil {
			v, err := strconv.ParseFloat(field, 32)
			if err != nil {
				return errors.New("column " + c.Name + ": " + strconv.Quote(field) + " is not a number")
			}
			x[at] = float32(v)
			at++
			continue
		}
		found := false
		for k, v := range c.Values {
			x[at+k] = 0
			if v == field {
				x[at+k], found = 1, true
			}
		}
		if !found {
			return errors.New("column " + c.Name + ": " + strconv.Quote(field) + " is none of " + strings.Join(c.Values, ", "))
		}
		at += len(c.Values)
	}
	return nil
}
