package scaffold

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/table"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// leftOutOfWindows is what becomes of numbers that are not foretold.
const leftOutOfWindows = "left out: windows hold what is foretold; --label names several"

// series makes the draft one of windows over time.
func (d *draft) series() error {
	c, err := d.column(d.Time)
	if err != nil {
		return err
	}
	if d.Task != "regression" {
		if d.labels[0].numbers != d.labels[0].present() {
			return fmt.Errorf("%s: a series is foretold in numbers, but column %s holds words", d.Data, quotedName(d.labels[0]))
		}
		d.Task, d.classes = "regression", nil
	}
	c.use = "index of the series"
	for _, l := range d.labels {
		if l == c {
			return fmt.Errorf("%s: column %s is the time: choose another as --label", d.Data, quotedName(c))
		}
		l.use = "foretold from the steps before"
	}
	steps, err := d.window(c)
	if err != nil {
		return err
	}
	d.inputs = len(d.labels) * steps
	d.size()
	return nil
}

// window returns the steps of a window over a series of the labels: of its longer season, if there are several of them
// and the values that long before tell more than those of the shorter one do.
func (d *draft) window(c *column) (int, error) {
	short, long := c.seasons()
	most := max(2, d.rows/8)
	if long == 0 || long > most {
		return min(short, most), nil
	}
	series, err := d.seriesOf(d.labels[0])
	if err != nil {
		return 0, err
	}
	apart := func(lag int) (sum float64) {
		for i := long; i < len(series); i++ {
			if diff := series[i] - series[i-lag]; diff == diff { // none is missing
				sum += diff * diff
			}
		}
		return sum
	}
	const clearly = 0.8 // of what is apart by the shorter season, so that noise adds no inputs
	if apart(long) < clearly*apart(short) {
		return long, nil
	}
	return short, nil
}

// seasons returns the steps of a window over a series: a day of hours, else a year of months, which is more than a week
// of days; and the longer season that its steps may have too, 0 for none: a week of what comes several times a day, a
// year of weeks.
func (c *column) seasons() (short, long int) {
	if c.kind != dates {
		return 12, 0
	}
	switch minutes := math.Round((c.last - c.first) / 60 / float64(max(1, c.rows-1))); {
	case minutes == 15, minutes == 20, minutes == 30:
		return 24 * 60 / int(minutes), 7 * 24 * 60 / int(minutes)
	case math.Round(minutes/60) == 1:
		return 24, 7 * 24
	case math.Round(minutes/60/24) == 7:
		return 12, 52
	}
	return 12, 0
}

// seriesOf reads the numbers of a column, NaN for those that are none, of the rows that were looked at.
func (d *draft) seriesOf(c *column) ([]float64, error) {
	t, err := table.Open(d.Data, d.Data, table.Options{Missing: spec.Missing, Delimiter: d.table.Delimiter,
		Encoding: d.Encoding, Header: &d.table.Header})
	if err != nil {
		return nil, err
	}
	defer t.Close()
	var list []float64
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) || d.seen > 0 && len(list) == d.seen {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		v := math.NaN()
		if row.Err == nil && c.place < len(row.Fields) {
			var x [1]float32
			if (&encode.Column{Unit: c.unit}).Put(x[:], row.Fields[c.place], &encode.Format{Comma: d.table.Comma}) == nil {
				v = float64(x[0])
			}
		}
		list = append(list, v)
	}
}

// holdsNumbers tells whether the windows of a series can hold a column.
func (c *column) holdsNumbers() bool { return c.present() > 0 && c.numbers == c.present() }

// besideSeries says how the windows of a series hold more columns than those that are foretold; "" if there are none.
func (d *draft) besideSeries() string {
	if d.Time == "" || d.bySpec() {
		return ""
	}
	columns := slices.Clone(d.labels)
	for _, c := range d.columns {
		if c.use == leftOutOfWindows {
			columns = append(columns, c)
		}
	}
	if len(columns) == len(d.labels) {
		return ""
	}
	var list []string
	for _, c := range columns {
		list = append(list, yamlQuote(c.ref))
	}
	return fmt.Sprintf("windows hold what is foretold alone; with series: {columns: [%s]} and shape: [%d] of the input "+
		"they hold "+
		"the other numbers too", strings.Join(list, ", "), d.inputs/len(d.labels)*len(columns))
}

// ordered says that the rows may be steps of a series, and how they are read as such; "" if they are not in the order
// of a column of dates, or no column can be foretold.
func (d *draft) ordered(c *column) string {
	if c.kind != dates || !c.ascending || d.Time != "" || d.Data == "" || d.bySpec() {
		return ""
	}
	text := fmt.Sprintf("rows are in the order of %s: if they are steps of a series, --time %[1]s", quotedName(c))
	if d.Task == "regression" {
		return text + " foretells the next from those before"
	}
	if !slices.ContainsFunc(d.columns, (*column).holdsNumbers) {
		return ""
	}
	return text + " and a column of numbers as --label foretell its next from those before"
}
