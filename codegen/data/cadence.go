package data

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Cadence is how the training rows of a series follow each other: so must those to foretell from, since a network knows
// of time only by the order of rows. The zero value is that of rows which come as they like.
type Cadence struct {
	Dates    bool    `json:"dates,omitempty"`
	Step     float64 `json:"step,omitempty"`     // from one row to the next, of dates in seconds
	Months   int64   `json:"months,omitempty"`   // of dates that follow by whole months; else 0
	Workdays bool    `json:"workdays,omitempty"` // of days that leave out weekends
	// Off is how far a row is from a whole number of steps behind the one before, at most, in steps.
	Off float64 `json:"off,omitempty"`
}

// The average length of a month, and of a day, in seconds.
const (
	day   = 86400
	month = 365.25 / 12 * day
)

// leastOff is how far, in steps, rows may be from a whole number of them whatever the training rows were, and moreOff
// how many times as far as those were: clocks drift, and a sample is not all rows.
const (
	leastOff = 0.05
	moreOff  = 2
)

// leastFollowing is how many rows must follow others so that none of them at one step is another cadence, and not gaps.
const leastFollowing = 3

// errCadence says that rows of a series do not follow each other as the training rows do.
var errCadence = errors.New("the training rows are")

// following is a row of a series behind another: their fields, their values, dates in seconds, and how far they are
// apart.
type following struct {
	line          int
	before, field string
	from, to, by  float64
}

// cadenceOf returns how the rows of a sample follow each other. usual is the step where some rows may be missing, 0
// where the rows come as they do.
func cadenceOf(rows []following, dates bool, usual float64) *Cadence {
	c := &Cadence{Dates: dates}
	if len(rows) < 2 {
		return c
	}
	var at []time.Time
	var by []float64
	for i, r := range rows {
		by = append(by, r.by)
		if dates && i == 0 {
			at = append(at, unix(r.from))
		}
		if dates {
			at = append(at, unix(r.to))
		}
	}
	c.Step = usual
	if usual == 0 {
		c.Step = lowerMedian(by)
	}
	if months, _ := monthly(at); dates && months != nil {
		c.Months = lowerMedian(months)
		if usual > 0 {
			c.Months = slices.Min(months)
		}
		c.Step = float64(c.Months) * month
	}
	c.Workdays = dates && c.Step == day && onWorkdays(at)
	alike := 0
	for _, r := range rows {
		n := c.steps(r)
		c.Off = max(c.Off, offGrid(n))
		alike += bit(math.Abs(n-1) <= leastOff)
	}
	if usual == 0 && 2*alike < len(rows) {
		return &Cadence{Dates: dates}
	}
	return c
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// steps returns how many steps a row is behind the one before.
func (c *Cadence) steps(r following) float64 {
	d := r.by
	switch {
	case c.Months > 0:
		if months, _ := monthly([]time.Time{unix(r.from), unix(r.to)}); months != nil {
			return float64(months[0]) / float64(c.Months)
		}
	case c.Workdays:
		weeks := math.Floor(d / (7 * day))
		d -= weeks * 2 * day
		for t := unix(r.from + weeks*7*day); t.Before(unix(r.to)); t = t.AddDate(0, 0, 1) {
			if weekend(t.AddDate(0, 0, 1)) {
				d -= day
			}
		}
	}
	return d / c.Step
}

// offGrid returns how far a number of steps is from a whole one of at least 1.
func offGrid(steps float64) float64 { return math.Abs(steps - max(1, math.Round(steps))) }

// allowed is how far rows may be from a whole number of steps.
func (c *Cadence) allowed() float64 { return max(leastOff, moreOff*c.Off) }

// fits tells whether a row may be as far behind the one before, if some between are missing.
func (c *Cadence) fits(r following) bool { return offGrid(c.steps(r)) <= c.allowed() }

// check is an error if no row of a sample follows another at one step, but several follow.
func (c *Cadence) check(rows []following, dates bool) error {
	if c.Step == 0 || len(rows) == 0 {
		return nil
	}
	first := rows[0]
	if c.Dates != dates {
		kinds := [2]string{"numbers", "dates"}
		return fmt.Errorf("%q is one of %s, but %w %s apart", first.field, kinds[bit(dates)], errCadence, c.span(1))
	}
	if len(rows) < leastFollowing || slices.ContainsFunc(rows, func(r following) bool {
		return math.Abs(c.steps(r)-1) <= c.allowed()
	}) {
		return nil
	}
	return c.wrong(first)
}

// wrong says that a row is not where it should be.
func (c *Cadence) wrong(r following) error {
	return fmt.Errorf("%s comes after %s, %s later, but %w %s apart, and what is foretold is so too: give rows at that "+
		"step, or train with such as these",
		r.field, r.before, c.span(c.steps(r)), errCadence, c.span(1))
}

// span writes a number of steps as a time, or as a number.
func (c *Cadence) span(steps float64) string {
	write := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	count := func(v float64, what string) string {
		if v == 1 {
			return "1 " + what
		}
		return write(v) + " " + what + "s"
	}
	if c.Months > 0 {
		return count(steps*float64(c.Months), "month")
	}
	v := steps * c.Step
	if !c.Dates {
		return write(v)
	}
	if c.Workdays {
		return count(steps, "working day")
	}
	for _, u := range []struct {
		size float64
		name string
	}{{day, "d"}, {3600, "h"}, {60, "min"}} {
		if v >= u.size {
			return write(v/u.size) + " " + u.name
		}
	}
	return write(v) + " s"
}
