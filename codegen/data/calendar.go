package data

import (
	"cmp"
	"slices"
	"time"
)

// recent is how many fields of an index, counted from the last, tell how it goes on.
const recent = 13

// lowerMedian returns the lower one of the middle; x is not empty.
func lowerMedian[T cmp.Ordered](x []T) T {
	x = slices.Sorted(slices.Values(x))
	return x[(len(x)-1)/2]
}

// distances returns how far each element is from the one before, of those that grow.
func distances[T int64 | float64](x []T) []T {
	var d []T
	for i := 1; i < len(x); i++ {
		if x[i] > x[i-1] {
			d = append(d, x[i]-x[i-1])
		}
	}
	return d
}

// monthly returns by how many months each date follows the one before, and the day of the month that all are of, which
// shorter months cut: 31 for the last of each. It returns nil if they do not follow by whole months.
func monthly(dates []time.Time) (months []int64, day int) {
	last := true // of its month, each
	for _, d := range dates {
		day = max(day, d.Day())
		last = last && d.Day() == daysOf(d)
	}
	if last {
		day = 31
	}
	for i, d := range dates {
		if d.Day() != min(day, daysOf(d)) {
			return nil, 0
		}
		if i == 0 {
			continue
		}
		before := dates[i-1]
		m := 12*(d.Year()-before.Year()) + int(d.Month()) - int(before.Month())
		if m <= 0 || d.Sub(midnight(d)) != before.Sub(midnight(before)) {
			return nil, 0
		}
		months = append(months, int64(m))
	}
	return months, day
}

// addMonths returns the date some months later, on a day of the month or, of a shorter one, its last.
func addMonths(t time.Time, months, day int) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(0, months, 0)
	return first.AddDate(0, 0, min(day, daysOf(first))-1)
}

// daysOf returns the number of days of a date's month.
func daysOf(t time.Time) int { return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// onward returns the date that comes so many rows behind the last one, as those before follow each other: by months, by
// working days, or else by the same time. It is the zero time if that cannot be told.
func onward(dates []time.Time, rows int) time.Time {
	if len(dates) == 0 {
		return time.Time{}
	}
	last := dates[len(dates)-1]
	if months, day := monthly(dates); months != nil {
		return addMonths(last, rows*int(lowerMedian(months)), day)
	}
	micros := make([]int64, len(dates))
	for i, d := range dates {
		micros[i] = d.UnixMicro()
	}
	d := distances(micros)
	if d == nil {
		return time.Time{}
	}
	step := time.Duration(lowerMedian(d)) * time.Microsecond
	if step != 24*time.Hour || !onWorkdays(dates) {
		return last.Add(time.Duration(rows) * step)
	}
	for range rows {
		for last = last.Add(step); weekend(last); {
			last = last.Add(step)
		}
	}
	return last
}

// onWorkdays tells whether dates leave out the weekends that they reach over, two of them or more.
func onWorkdays(dates []time.Time) bool {
	return !slices.ContainsFunc(dates, weekend) && dates[len(dates)-1].Sub(dates[0]) >= 14*24*time.Hour
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

// amid returns the date number k of n that are missing between two: by months if they are whole months apart that n + 1
// divides, else evenly.
func amid(a, b time.Time, k, n int) time.Time {
	if months, day := monthly([]time.Time{a, b}); months != nil && int(months[0])%(n+1) == 0 {
		return addMonths(a, k*int(months[0])/(n+1), day)
	}
	return a.Add(b.Sub(a) / time.Duration(n+1) * time.Duration(k))
}
