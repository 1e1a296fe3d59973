package data

import (
	"math"
	"slices"
	"strings"
)

// isMissing tells whether a row has no value in a column.
func (t *tabular) isMissing(fields []string, c int) bool {
	return t.format.IsMissing(strings.TrimSpace(fields[c]))
}

// lacks tells whether a row of a series has no value where one is needed, and whether it has some elsewhere.
func (t *tabular) lacks(fields []string, cs, labels []int, weight int) (lacks, some bool) {
	for _, columns := range [][]int{cs, labels, {weight}} {
		for _, c := range columns {
			if c >= 0 && t.isMissing(fields, c) {
				lacks = true
			} else if c >= 0 {
				some = true
			}
		}
	}
	return lacks, some
}

// lacking32 stands for a number that a row lacks, until those behind it are known.
var lacking32 = float32(math.NaN())

// complete puts numbers on the line between their neighbours in the places of those that rows lack. Rows that lack one
// still, as there is none before or behind or a bad row between, are not good; those at the end are left out. It
// returns how many rows were completed, and how many were not.
func (s *steps) complete() (completed, dropped int) {
	if !slices.Contains(s.lacks, true) {
		return 0, 0
	}
	n := len(s.good)
	s.completeColumns(s.values, s.width, s.filled)
	for _, y := range s.rows.Y {
		s.completeColumns(y, len(y)/n, s.unsure)
	}
	if s.rows.W != nil {
		s.completeColumns(s.rows.W, 1, s.unsure)
	}
	for row, lacks := range s.lacks {
		switch {
		case !s.good[row]:
			s.lacks[row] = false
		case s.isIncomplete(row):
			s.good[row] = false
			dropped += bit(lacks)
		default:
			completed += bit(lacks)
			s.lacks[row] = false
		}
	}
	for n > 0 && s.lacks[n-1] {
		n--
	}
	s.cut(n)
	return completed, dropped
}

// completeColumns does what complete says for x, of rows of some width, and marks the rows that it changes.
func (s *steps) completeColumns(x []float32, width int, changed []bool) {
	for c := range width {
		last := -1 // with a number
		for row, good := range s.good {
			v := x[row*width+c]
			switch {
			case !good:
				last = -1
				continue
			case v != v:
				continue
			}
			for k := last + 1; last >= 0 && k < row; k++ {
				x[k*width+c] = line(float64(k-last)/float64(row-last), x[last*width+c], v)
				changed[k] = true
			}
			last = row
		}
	}
}

// isIncomplete tells whether a row lacks a number.
func (s *steps) isIncomplete(row int) bool {
	for _, x := range append(slices.Clip(s.rows.Y), s.values, s.rows.W) {
		width := len(x) / len(s.good)
		if slices.ContainsFunc(x[row*width:][:width], func(v float32) bool { return v != v }) {
			return true
		}
	}
	return false
}

// cut leaves out the rows from number n on.
func (s *steps) cut(n int) {
	rows := len(s.good)
	cut := func(x []float32) []float32 { return x[:len(x)/rows*n] }
	s.values = cut(s.values)
	for i, y := range s.rows.Y {
		s.rows.Y[i] = cut(y)
	}
	if s.rows.W != nil {
		s.rows.W = cut(s.rows.W)
	}
	s.index, s.good, s.filled = s.index[:n], s.good[:n], s.filled[:n]
	s.unsure, s.lacks = s.unsure[:n], s.lacks[:n]
	if s.ids != nil {
		s.ids = s.ids[:n]
	}
	if s.times != nil {
		s.times.fields = s.times.fields[:n]
	}
}

// line is the number some share of the way from a to b.
func line(share float64, a, b float32) float32 {
	return float32(float64(a) + share*(float64(b)-float64(a)))
}

// fill puts n rows between the last two, on the line between them.
func (s *steps) fill(x *index, n int) {
	s.values = between(s.values, s.width, n, line)
	for i, y := range s.rows.Y {
		s.rows.Y[i] = between(y, len(y)/len(s.good), n, line)
	}
	if s.rows.W != nil {
		s.rows.W = between(s.rows.W, 1, n, line)
	}
	if s.ids != nil {
		s.ids = between(s.ids, 1, n, func(float64, string, string) string { return "" })
	}
	for k := range n {
		v, field := x.times().between(x.before, x.text, k+1, n)
		if s.times != nil {
			s.times.fields = slices.Insert(s.times.fields, len(s.times.fields)-1, field)
		}
		if x.dates {
			v = boundOf(v)
		}
		s.index = slices.Insert(s.index, len(s.index)-1, v)
	}
	yes := func(float64, bool, bool) bool { return true }
	no := func(float64, bool, bool) bool { return false }
	s.lacks = between(s.lacks, 1, n, no)
	s.good, s.filled, s.unsure = between(s.good, 1, n, yes), between(s.filled, 1, n, yes), between(s.unsure, 1, n, yes)
}

// between puts n rows of some width between the last two of x, by their share of the way.
func between[T any](x []T, width, n int, f func(share float64, a, b T) T) []T {
	from, to := x[len(x)-2*width:len(x)-width], slices.Clone(x[len(x)-width:])
	x = x[:len(x)-width]
	for k := range n {
		for j := range width {
			x = append(x, f(float64(k+1)/float64(n+1), from[j], to[j]))
		}
	}
	return append(x, to...)
}
