package data

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
)

// index reads the index of a series: numbers, whole numbers of 64 bits, or dates.
type index struct {
	t      *tabular
	column int // -1 to count rows
	dates  bool
	layout encode.Layout
	strict bool // a gap is an error, or
	fill   bool // filled
	// missing is how many rows are between the last one and the one before, whose field is before.
	missing int
	before  string
	lost    int // rows right before whose index cannot be read

	last  float64
	low   int64 // what float64 leaves out of a whole number
	text  string
	usual float64  // the least distance from one to the next, or that of the training rows
	known *Cadence // of the training rows; nil where rows need not follow as they do
}

// errEmptyStep says that a row of a series has no value.
var errEmptyStep = errors.New("the value is missing; gaps: fill puts one there, on the line between its neighbours")

// errOrder says that a row of a series comes too late.
var errOrder = errors.New("out of the order of time")

// errTwice says that a row of a series comes at the time of the one before.
var errTwice = errors.New("this time comes twice, here and in the row before")

// errSetBack says that a row comes too late since clocks were set back.
var errSetBack = fmt.Errorf("%w, as where clocks are set back (write times in UTC, or with their offset from it)",
	errOrder)

// ErrGap says that rows of a series are missing.
var ErrGap = errors.New("rows are missing")

// index looks at the index of a table.
func (r *reader) index(t *tabular) (*index, error) {
	s := r.src.Series
	x := &index{t: t, column: -1, last: math.Inf(-1)}
	if s.Index == "" {
		return x, nil
	}
	var err error
	if x.column, err = t.column(s.Index); err != nil {
		return nil, err
	}
	var fields []string
	var lines []int
	for _, row := range t.Sample() {
		if row.Err == nil {
			fields, lines = append(fields, strings.TrimSpace(row.Fields[x.column])), append(lines, row.Line)
		}
	}
	if l := r.o.Like.Dates; l != nil && areDates(fields, *l) {
		x.layout, x.dates = *l, true
	} else {
		x.layout, x.dates = datesOf(fields, t.format)
	}
	if x.dates {
		r.dates = &x.layout
	}
	x.fill = s.Gaps == "fill"
	x.strict = x.fill || s.Gaps == "error"
	if x.fill && (r.net.Tokens(r.net.Inputs[0]) > 0 || slices.ContainsFunc(r.net.Outputs,
		func(o *net.Output) bool { return o.Classes != nil })) {
		return nil, fmt.Errorf("%s: gaps: fill puts numbers between others, but there are classes or tokens here", t.File)
	}
	x.usual = math.Inf(1)
	var rows []following
	for i, f := range fields {
		v, low, err := x.read(f)
		if d := x.since(v, low); err == nil && d > 0 && !math.IsInf(d, 0) {
			x.usual = min(x.usual, d)
			rows = append(rows, following{lines[i], x.text, f, x.last, v, d})
		}
		if x.strict = x.strict && (x.dates || v == math.Trunc(v)); err == nil {
			x.last, x.low, x.text = v, low, f
		}
	}
	x.last, x.low, x.text = math.Inf(-1), 0, ""
	return x, r.keepCadence(x, rows)
}

// keepCadence notes how the rows of a sample follow each other, and holds them against those of the training, if they
// are others.
func (r *reader) keepCadence(x *index, rows []following) error {
	usual := 0.0
	if x.regular() && !math.IsInf(x.usual, 0) {
		usual = x.usual
	}
	r.cadence = cadenceOf(rows, x.dates, usual)
	known := r.o.Like.Cadence
	if known == nil || known.Step == 0 {
		return nil
	}
	if err := known.check(rows, x.dates); err != nil {
		return fmt.Errorf("%s:%d: %w", x.t.File, rows[0].line, x.t.wrong(x.column, err))
	}
	if x.usual = known.Step; r.src.Series.Gaps != "ignore" {
		x.known = known
	}
	return nil
}

// datesOf tells whether fields are dates of one form, and which. Whole numbers are dates if they read as 20200131
// or as 202001. Where the day or the month may come first, it is as the dates follow each other more evenly.
func datesOf(fields []string, f *encode.Format) (encode.Layout, bool) {
	numbers := !slices.ContainsFunc(fields, func(s string) bool {
		return !table.IsNumber(s, f) || len(s) != len("20200131") && len(s) != len("202001")
	})
	best, most, bends := encode.Layout(0), 0, 0
	for l := encode.YearFirst; l <= encode.MonthFirst; l++ {
		if l != encode.YearFirst && numbers || !areDates(fields, l) {
			continue
		}
		if n, u := dated(fields, l), uneven(fields, l); n > most || n == most && u < bends {
			best, most, bends = l, n, u
		}
	}
	return best, most > 0
}

// areDates tells whether fields are dates of a form, and there are any: of ten fields, one may be another, which makes
// a bad row.
func areDates(fields []string, l encode.Layout) bool {
	n := dated(fields, l)
	return n > 0 && 10*n >= 9*len(fields)
}

// dated returns how many fields are dates of a form.
func dated(fields []string, l encode.Layout) (n int) {
	for _, f := range fields {
		if _, err := l.Parse(f); err == nil {
			n++
		}
	}
	return n
}

// uneven returns how many dates of a form come at another distance than most do: what is a day and what a month shows
// by that, where both may be either.
func uneven(fields []string, l encode.Layout) int {
	var at []float64
	for _, f := range fields {
		if v, err := l.Parse(f); err == nil {
			at = append(at, v)
		}
	}
	n := 0
	if d := distances(at); d != nil {
		const most = 1.5 // between months of 28 and of 31 days
		step := lowerMedian(d)
		for _, d := range d {
			if d > most*step || step > most*d {
				n++
			}
		}
		n += len(at) - 1 - len(d)
	}
	return n
}

// read returns a field of the index, and what float64 leaves out of it.
func (x *index) read(field string) (v float64, low int64, err error) {
	if x.dates {
		v, err = x.layout.Parse(field)
		return v, 0, err
	}
	if i, err := strconv.ParseInt(field, 10, 64); err == nil {
		v = float64(i)
		if math.Abs(v) < 1<<62 {
			low = i - int64(v)
		}
		return v, low, nil
	}
	if x.t.format.Comma {
		field = strings.Replace(field, ",", ".", 1)
	}
	v, err = strconv.ParseFloat(field, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, 0, fmt.Errorf("%q is not a number", field)
	}
	return v, 0, nil
}

// next returns the index of the next row, which must grow.
func (x *index) next(fields []string, row int) (float64, error) {
	if x.column < 0 {
		return float64(row), nil
	}
	field := strings.TrimSpace(fields[x.column])
	v, low, err := x.read(field)
	x.missing = 0
	switch {
	case err != nil:
		return math.NaN(), x.t.wrong(x.column, err)
	case x.setBack(v, field):
		return math.NaN(), x.t.wrongf(x.column, "%w: %q, then %q", errSetBack, x.text, field)
	case v == x.last && low == x.low:
		return math.NaN(), x.t.wrongf(x.column, "%w: %q", errTwice, field)
	case v < x.last || v == x.last && low < x.low:
		return math.NaN(), x.t.wrongf(x.column, "%w: %q, then %q", errOrder, x.text, field)
	case x.strays(v, low, field):
		return v, x.t.wrong(x.column, x.known.wrong(x.following(v, low, field)))
	// Months and years differ in length, by less than a half. Rows that cannot be read are bad, not missing.
	case x.gap(v, low) && x.rowsUpTo(v, low) <= x.lost:
	case x.gap(v, low) && x.fill:
		if x.missing = x.rowsUpTo(v, low); x.missing > maxFilled {
			return v, x.t.wrongf(x.column, "%s comes after %s: %d rows between them are too many to be filled", field, x.text,
				x.missing)
		}
	case x.gap(v, low):
		return v,
			fmt.Errorf("column %s: %s comes after %s: %w between them; gaps: fill puts rows there, gaps: ignore takes rows "+
				"as they come",
				x.t.name(x.column), field, x.text, ErrGap)
	}
	x.before, x.last, x.low, x.text, x.lost = x.text, v, low, field, 0
	if x.dates {
		v = boundOf(v)
	}
	return v, nil
}

// setBack tells whether a time of day without an offset comes within an hour a second time, in a night in which clocks
// are set back: between Saturday and Sunday at the end of October, or the beginning of November or April.
func (x *index) setBack(v float64, field string) bool {
	if !x.dates || x.usual > 3600 || v > x.last || v <= x.last-3600 || zoned.MatchString(field) {
		return false
	}
	at := time.Unix(int64(math.Floor(v)), 0).UTC()
	if at.Weekday() != time.Sunday || at.Hour() > 3 {
		return false
	}
	switch at.Month() {
	case time.October:
		return at.Day() >= 25
	case time.November, time.April:
		return at.Day() <= 7
	}
	return false
}

// zoned matches times of day that say how far they are from UTC, by an offset or the name of a zone.
var zoned = regexp.MustCompile(`(?i)[T ]\d\d.*?(?:z|ut|[a-z]{3,}|[+-]\d\d?(?::?\d\d)?)$`)

// maxFilled bounds the rows of one gap that are filled.
const maxFilled = 100_000

// gap tells whether rows are missing before an index.
func (x *index) gap(v float64, low int64) bool {
	return x.regular() && x.since(v, low) > 1.5*x.usual && !math.IsInf(x.last, 0)
}

// following returns the row of an index behind the last.
func (x *index) following(v float64, low int64, field string) following {
	return following{before: x.text, field: field, from: x.last, to: v, by: x.since(v, low)}
}

// strays tells whether an index is at no step of the training rows.
func (x *index) strays(v float64, low int64, field string) bool {
	return x.known != nil && !math.IsInf(x.last, 0) && !x.known.fits(x.following(v, low, field))
}

// regular tells whether the distance from one row to the next shows that some are missing between.
func (x *index) regular() bool { return x.strict && x.usual >= 1 }

// fills tells whether rows are put into gaps.
func (x *index) fills() bool { return x.fill && x.regular() }

// since returns how far an index is from the last one, exactly for neighbours of 64 bits too.
func (x *index) since(v float64, low int64) float64 { return v - x.last + float64(low-x.low) }

// times returns the form of the index.
func (x *index) times() *times { return &times{dates: x.dates, layout: x.layout} }

// rowsUpTo returns how many rows are missing before an index. Where the shortest distance is that of a month, a quarter
// or a year, all are of such, whose length is a mean.
func (x *index) rowsUpTo(v float64, low int64) int {
	step := x.usual
	for _, months := range []float64{1, 3, 6, 12} {
		mean := months * month
		if x.dates && math.Abs(step-mean) <= 3*day { // February lacks 2.44
			step = mean
		}
	}
	return max(0, int(math.Round(x.since(v, low)/step))-1)
}

// boundOf returns what from and to compare with: of a date the number 20200131.
func boundOf(seconds float64) float64 {
	day := encode.Time(seconds)[:len("2020-01-31")]
	v, _ := strconv.ParseFloat(strings.ReplaceAll(day, "-", ""), 64)
	return v
}
