package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nngen/nngen/runtime/encode"
)

// times are the fields of the index of a series, which go on behind the last row.
type times struct {
	dates  bool
	layout encode.Layout
	fields []string
}

// at returns the field of a row, also of one that is yet to come: as far from the one before as the last two are apart,
// in months where they are of one day of the month. It is "" where that cannot be told.
func (t *times) at(row int) string {
	n := len(t.fields)
	if row < n {
		return t.fields[row]
	}
	if n < 2 {
		return ""
	}
	ahead := row - n + 1
	if !t.dates {
		a, err1 := strconv.ParseFloat(strings.Replace(t.fields[n-2], ",", ".", 1), 64)
		b, err2 := strconv.ParseFloat(strings.Replace(t.fields[n-1], ",", ".", 1), 64)
		if err1 != nil || err2 != nil {
			return ""
		}
		return strconv.FormatFloat(b+float64(ahead)*(b-a), 'f', -1, 64)
	}
	a, err1 := t.layout.Parse(t.fields[n-2])
	b, err2 := t.layout.Parse(t.fields[n-1])
	if err1 != nil || err2 != nil {
		return ""
	}
	first, last := unix(a), unix(b)
	months := 12*(last.Year()-first.Year()) + int(last.Month()) - int(first.Month())
	next := last.Add(time.Duration(ahead) * last.Sub(first))
	if months > 0 && first.Day() == last.Day() {
		next = last.AddDate(0, ahead*months, 0)
	}
	return t.format(next)
}

// write returns the field of a time in seconds, or of another number.
func (t *times) write(v float64) string {
	if t.dates {
		return t.format(unix(v))
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func unix(seconds float64) time.Time {
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}

// formats write times as fields are written that go to the second, the day, the week, the month or the quarter.
var formats = []func(time.Time) string{
	layout("2006-01-02"), layout("2006-01"), layout("20060102"), layout("200601"), layout("2006/01/02"),
	layout("02.01.2006"), layout("02/01/2006"),
	layout("01/02/2006"), layout("Jan 2, 2006"), layout("Jan 02, 2006"), layout("January 2, 2006"),
	layout("2 Jan 2006"), layout("2 January 2006"),
	layout("2006-01-02 15:04"), layout("2006-01-02 15:04:05"), layout("2006-01-02T15:04"), layout("2006-01-02T15:04:05"),
	quarter("%dQ%d"), quarter("%d-Q%d"), quarter("%d Q%d"), quarter("Q%[2]d %[1]d"), quarter("Q%[2]d-%[1]d"),
	week("%d-W%02d"), week("%dW%02d"),
}

func layout(text string) func(time.Time) string {
	return func(v time.Time) string { return v.Format(text) }
}

func quarter(text string) func(time.Time) string {
	return func(v time.Time) string { return fmt.Sprintf(text, v.Year(), int(v.Month()+2)/3) }
}

func week(text string) func(time.Time) string {
	return func(v time.Time) string {
		year, n := v.ISOWeek()
		return fmt.Sprintf(text, year, n)
	}
}

// format writes a time as the last two fields are written; else as ISO 8601 has it.
func (t *times) format(v time.Time) string {
	last := t.fields[max(0, len(t.fields)-2):]
	for _, f := range formats {
		if !slices.ContainsFunc(last, func(field string) bool {
			seconds, err := t.layout.Parse(field)
			return err != nil || f(unix(seconds)) != field
		}) {
			return f(v)
		}
	}
	return v.Format("2006-01-02T15:04:05Z")
}
