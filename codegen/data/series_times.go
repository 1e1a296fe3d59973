package data

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
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

// at returns the field of a row, also of one that is yet to come: as the last ones follow each other. It is "" where
// that cannot be told.
func (t *times) at(row int) string {
	n := len(t.fields)
	if row < n {
		return t.fields[row]
	}
	last := t.fields[max(0, n-recent):]
	rows := row - n + 1
	if t.dates {
		local, _, seconds := withoutOffset(last) // months go on where it is midnight
		if local == nil {
			local = last
		}
		if next := onward(t.read(local), rows); !next.IsZero() {
			return t.format(last, next.Add(-time.Duration(seconds)*time.Second))
		}
		return ""
	}
	if x := wholes(last); x != nil {
		if d := distances(x); d != nil {
			return onwardBy(x[len(x)-1], lowerMedian(d), rows)
		}
		return ""
	}
	x := decimals(last)
	d := distances(x)
	if d == nil {
		return ""
	}
	return writeLike(last, x[len(x)-1]+float64(rows)*lowerMedian(d))
}

// between returns number k of n that are missing between two fields, dates in seconds, and its field.
func (t *times) between(a, b string, k, n int) (v float64, field string) {
	pair := []string{a, b}
	if t.dates {
		d := t.read(pair)
		at := amid(d[0], d[1], k, n)
		return float64(at.UnixMicro()) / 1e6, t.format(pair, at)
	}
	if x := wholes(pair); x != nil && (x[1]-x[0])%int64(n+1) == 0 {
		at := x[0] + (x[1]-x[0])/int64(n+1)*int64(k)
		return float64(at), strconv.FormatInt(at, 10)
	}
	x := decimals(pair)
	v = x[0] + (x[1]-x[0])*float64(k)/float64(n+1)
	return v, writeAmid(pair, v)
}

// onwardBy returns the whole number some steps behind v, "" beyond 64 bits.
func onwardBy(v, step int64, steps int) string {
	at := new(big.Int).Mul(big.NewInt(step), big.NewInt(int64(steps)))
	if at.Add(at, big.NewInt(v)); !at.IsInt64() {
		return ""
	}
	return at.String()
}

// writeAmid writes a number between others: with their mark, and as many decimals as they have, or as it needs.
func writeAmid(pair []string, v float64) string {
	plain, like := strconv.FormatFloat(v, 'f', -1, 64), writeLike(pair, v)
	if len(plain) <= len(like) {
		return like
	}
	if strings.Contains(pair[0]+pair[1], ",") {
		return strings.Replace(plain, ".", ",", 1)
	}
	return plain
}

// read returns the dates of fields, but for those that hold none.
func (t *times) read(fields []string) []time.Time {
	var dates []time.Time
	for _, f := range fields {
		if v, err := t.layout.Parse(f); err == nil {
			dates = append(dates, unix(v))
		}
	}
	return dates
}

// wholes returns the numbers of fields, but for empty ones; nil if one is no whole number of 64 bits.
func wholes(fields []string) []int64 {
	var x []int64
	for _, f := range fields {
		if f == "" {
			continue
		}
		v, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return nil
		}
		x = append(x, v)
	}
	return x
}

// decimals returns the numbers of fields, but for those that hold none.
func decimals(fields []string) []float64 {
	var x []float64
	for _, f := range fields {
		if v, err := strconv.ParseFloat(strings.Replace(f, ",", ".", 1), 64); err == nil {
			x = append(x, v)
		}
	}
	return x
}

// writeLike writes a number with the decimals of fields and their mark.
func writeLike(fields []string, v float64) string {
	digits, comma := 0, false
	for _, f := range fields {
		if i := strings.IndexAny(f, ".,"); i >= 0 && digits >= 0 {
			digits, comma = max(digits, len(f)-i-1), comma || f[i] == ','
		}
		if strings.ContainsAny(f, "eE") {
			digits = -1
		}
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// unix returns a time to the microsecond: a float64 of seconds holds no more.
func unix(seconds float64) time.Time {
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(part*1e6))*1000).UTC()
}

// formats write times as fields are written that go to the second, the day, the week, the month or the quarter.
var formats = []func(time.Time) string{
	layout("2006-01-02"), layout("2006-01"), layout("20060102"), layout("200601"), layout("2006/01/02"),
	layout("02.01.2006"), layout("02/01/2006"),
	layout("01/02/2006"), layout("Jan 2, 2006"), layout("Jan 02, 2006"), layout("January 2, 2006"),
	layout("2 Jan 2006"), layout("2 January 2006"),
	layout("2006-1-2"), layout("2.1.2006"), layout("2/1/2006"), layout("1/2/2006"),
	layout("02.01.2006 15:04"), layout("02/01/2006 15:04"), layout("01/02/2006 15:04"),
	layout("2006-01-02 15:04:05.000"), layout("2006-01-02T15:04:05.000"), layout("2006-01-02T15:04:05.000Z"),
	layout("2006-01-02 15:04:05.000000"), layout("2006-01-02T15:04:05.000000"), layout("2006-01-02T15:04:05.000000Z"),
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

// format writes a time as fields are written, in the offset that all of them have; else as ISO 8601 has it.
func (t *times) format(fields []string, v time.Time) string {
	if bare, offset, seconds := withoutOffset(fields); offset != "" {
		if text := t.formatLike(bare, v.Add(time.Duration(seconds)*time.Second)); text != "" {
			return text + offset
		}
	}
	if text := t.formatLike(fields, v); text != "" {
		return text
	}
	return v.Format("2006-01-02T15:04:05.999999Z")
}

// formatLike writes a time as fields are written; "" if none of the formats does.
func (t *times) formatLike(fields []string, v time.Time) string {
	for _, f := range formats {
		if !slices.ContainsFunc(fields, func(field string) bool {
			seconds, err := t.layout.Parse(field)
			return err == nil && f(unix(seconds)) != field
		}) {
			return f(v)
		}
	}
	return ""
}

var offsets = regexp.MustCompile(`^(.*[T ]\d\d:\d\d.*?)( ?([+-])(\d\d)(?::?(\d\d))?)$`)

// withoutOffset returns fields without the offset behind their time of day, such as +02:00 or +02, and that in seconds;
// "" unless all of them have the same.
func withoutOffset(fields []string) (bare []string, offset string, seconds int) {
	for _, f := range fields {
		m := offsets.FindStringSubmatch(f)
		if m == nil || offset != "" && m[2] != offset {
			return nil, "", 0
		}
		hours, _ := strconv.Atoi(m[4])
		minutes, _ := strconv.Atoi(m[5]) // none is 0
		if seconds = 3600*hours + 60*minutes; m[3] == "-" {
			seconds = -seconds
		}
		bare, offset = append(bare, m[1]), m[2]
	}
	return bare, offset, seconds
}
