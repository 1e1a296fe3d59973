package chart

import (
	"cmp"
	"slices"
)

// Trace gathers the points of a curve, of which there may be millions. Of so many it keeps, from each stretch of the
// same number of points, the first, the lowest, the highest and the last: where a picture has fewer columns than there
// are stretches, a line through these covers what one through all would.
type Trace struct {
	every     int // points of a stretch
	stretches []stretch
	n         int // points so far
}

// mostStretches is some times the columns of the widest picture.
const mostStretches = 4096

// stretch has points in their order but for those in the midst.
type stretch struct{ first, low, high, last numbered }

// numbered is a point with its number in the curve.
type numbered struct {
	Point
	at int
}

// Add adds a point.
func (t *Trace) Add(x, y float64) {
	p := numbered{Point{X: x, Y: y}, t.n}
	s := stretch{p, p, p, p}
	switch {
	case t.every == 0:
		t.every = 1
	case t.n%t.every != 0:
		last := &t.stretches[len(t.stretches)-1]
		*last = last.and(s)
		t.n++
		return
	case len(t.stretches) == mostStretches:
		for i := range mostStretches / 2 {
			t.stretches[i] = t.stretches[2*i].and(t.stretches[2*i+1])
		}
		t.stretches, t.every = t.stretches[:mostStretches/2], 2*t.every
	}
	t.stretches = append(t.stretches, s)
	t.n++
}

// and returns what stands for a stretch and the one behind it.
func (s stretch) and(behind stretch) stretch {
	s.last = behind.last
	if behind.low.Y < s.low.Y {
		s.low = behind.low
	}
	if behind.high.Y > s.high.Y {
		s.high = behind.high
	}
	return s
}

// Points returns the points that are kept, in their order.
func (t *Trace) Points() (points []Point) {
	for _, s := range t.stretches {
		of := []numbered{s.first, s.low, s.high, s.last}
		slices.SortFunc(of, func(a, b numbered) int { return cmp.Compare(a.at, b.at) })
		for _, p := range slices.CompactFunc(of, func(a, b numbered) bool { return a.at == b.at }) {
			points = append(points, p.Point)
		}
	}
	return points
}
