package encode

import (
	"errors"
	"strconv"
)

// Encoder fills an input from the values of a row, one column after another, in order. The first error counts, and names
// the column.
type Encoder struct {
	x       []float32
	columns []Column
	f       *Format
	err     error
	at, k   int // the next element of x, and the next column
}

// Into clears x, which must have as many elements as the columns give numbers, and returns what fills it.
func Into(x []float32, columns []Column, f *Format) Encoder {
	clear(x)
	return Encoder{x: x, columns: columns, f: f}
}

// Err returns the first error, and nil if all columns are filled. It panics if some were not.
func (e *Encoder) Err() error {
	if e.err == nil && e.k < len(e.columns) {
		panic("encode: columns are left without a value")
	}
	return e.err
}

// next returns the next column and its elements; nil after an error.
func (e *Encoder) next() (*Column, []float32) {
	if e.err != nil {
		return nil, nil
	}
	c := &e.columns[e.k]
	x := e.x[e.at:][:c.Width()]
	e.at, e.k = e.at+len(x), e.k+1
	return c, x
}

// failed keeps an error of a column.
func (e *Encoder) failed(c *Column, err error) {
	if err != nil {
		e.err = errors.New("column " + c.Name + ": " + err.Error())
	}
}

// Number is the value of a column of numbers; nil stands for a missing one. NaN and the infinities are errors, as they are
// in a table.
func (e *Encoder) Number(v *float32) {
	if e.err == nil && v != nil && *v-*v == 0 { // as nearly all are
		c, x := &e.columns[e.k], e.x[e.at:]
		x[0] = *v
		e.k++
		if e.at++; c.Indicator {
			e.at++
		}
		if c.Fixed != nil {
			c.fix(x)
		}
		return
	}
	c, x := e.next()
	switch {
	case c == nil:
	case v == nil:
		e.failed(c, c.put(x, "", e.f))
	default:
		e.failed(c, about(strconv.FormatFloat(float64(*v), 'g', -1, 32), ErrFinite.Error()))
	}
}

// Flag is the value of a column of flags, yes being which of its two values true stands for; nil is a missing one.
func (e *Encoder) Flag(v *bool, yes int) {
	if e.err == nil && v != nil { // as nearly all are
		c, x := &e.columns[e.k], e.x[e.at:]
		if *v == (yes == 1) {
			x[0] = 1
		}
		e.k++
		if e.at++; c.Indicator {
			e.at++
		}
		if c.Fixed != nil {
			c.fix(x)
		}
		return
	}
	if c, x := e.next(); c != nil {
		e.failed(c, c.put(x, "", e.f))
	}
}

// Text is the field of a column as a table has it, blanks around it not counted: see Column.Put.
func (e *Encoder) Text(field string) {
	c, x := e.next()
	if c == nil {
		return
	}
	if n := len(field) - 1; c.Kind == Words && n >= 0 && isVisible(field[0]) && isVisible(field[n]) {
		for k := range c.Values { // most are one of these, without blanks
			if c.Values[k] == field {
				if x[k] = 1; c.Fixed != nil {
					c.fix(x)
				}
				return
			}
		}
	}
	if err := c.put(x, field, e.f); err != nil {
		e.failed(c, err)
	}
}

// isVisible tells whether a byte is a character of ASCII that is no blank, so that none is to be cut off there.
func isVisible(c byte) bool { return c > ' ' && c < 0x80 }

// Word is Text of word k of a column, of whose numbers no other than 0 is Fixed, nor that of the word.
func (e *Encoder) Word(k int) {
	if e.err == nil {
		e.x[e.at+k] = 1
		e.at += e.columns[e.k].wordsWidth()
		e.k++
	}
}

// Time is the value of a column of dates, seconds and nanoseconds since 1970; missing tells that there is none. It gives
// the numbers of the same time in a table, with its offset taken off.
func (e *Encoder) Time(seconds int64, nanoseconds int, missing bool) {
	c, x := e.next()
	if c == nil {
		return
	}
	if missing {
		e.failed(c, c.put(x, "", e.f))
		return
	}
	const first, last = -62135596800, 253402300799 // of the years 1 to 9999
	if seconds < first || seconds > last {
		e.failed(c, about(strconv.FormatInt(seconds, 10)+" s", "is beyond the years 1 to 9999"))
		return
	}
	clock := seconds % 86400
	if clock < 0 {
		clock += 86400
	}
	if t := (moment{day: int((seconds - clock) / 86400), rest: float64(clock)}); nanoseconds == 0 { // no sum is rounded
		t.y, t.m, t.d = civil(t.day)
		c.putMoment(x, &t)
	} else {
		c.putDate(x, float64(seconds-clock)+(float64(clock)+float64(nanoseconds)/1e9))
	}
	c.fix(x)
}
