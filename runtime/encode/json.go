package encode

import (
	"slices"
	"strings"
)

// PutJSON is Put for the value of a member of an object in JSON. A number there, or true or false, is bare: it is in the
// unit of its column, has a decimal point, and is the flag that it says; a text is read as a field of a table is. So it
// takes what encoding/json writes of the Row of a package, with the same numbers.
func (c *Column) PutJSON(x []float32, field string, bare bool, f *Format) error {
	x = x[:c.Width()]
	clear(x)
	err := c.putJSON(x, strings.TrimSpace(field), bare, f)
	c.fix(x)
	return err
}

// putJSON is PutJSON without what is Fixed.
func (c *Column) putJSON(x []float32, field string, bare bool, f *Format) error {
	missing := f.IsMissing(field) && !slices.Contains(c.Values, field)
	switch {
	case c.Kind == Date && !bare && field == zeroTime:
		return c.putField(x, "", f)
	case missing:
	case bare && c.Kind == Number:
		v, err := c.number(field, &Format{})
		if err != nil {
			return about(field, err.Error())
		}
		x[0] = v
		return nil
	case bare && c.Kind == Flag && c.Yes() >= 0:
		if yes, ok := c.isYes(field, true); ok {
			if yes == (c.Yes() == 1) {
				x[0] = 1
			}
			return nil
		}
	case !bare && c.Kind == Date:
		t, err := c.jsonTime(field)
		if err == nil {
			c.putDate(x, t)
		}
		return err
	}
	return c.putField(x, field, f)
}

// zeroTime is what encoding/json makes of the zero time.
const zeroTime = "0001-01-01T00:00:00Z"
