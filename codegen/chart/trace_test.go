package chart

import (
	"math"
	"slices"
	"testing"
)

// TestATraceOfManyPointsCoversTheSame traces noisy curves: few points are left of a million, those of each column reach
// as far up and down as all do, and the curve has its ends. Of few points each is there.
func TestATraceOfManyPointsCoversTheSame(t *testing.T) {
	curve := func(n int) (all []Point) {
		for i := range n {
			all = append(all, Point{X: float64(i) / float64(n), Y: math.Sin(float64(i)*0.7) + math.Sin(float64(i)*1e-4)})
		}
		return all
	}
	trace := func(all []Point) []Point {
		var s Trace
		for _, p := range all {
			s.Add(p.X, p.Y)
		}
		return s.Points()
	}
	const columns = mostStretches / 4
	extents := func(points []Point) (low, high [columns]float64) {
		for i := range low {
			low[i], high[i] = math.Inf(1), math.Inf(-1)
		}
		for _, p := range points {
			k := int(p.X * columns)
			low[k], high[k] = min(low[k], p.Y), max(high[k], p.Y)
		}
		return low, high
	}
	for _, n := range []int{1 << 20, 3 << 18} { // whose stretches end where columns do
		all := curve(n)
		points := trace(all)
		if len(points) > 4*mostStretches || points[0] != all[0] || points[len(points)-1] != all[n-1] {
			t.Errorf("%d points are left of %d, from %v to %v", len(points), n, points[0], points[len(points)-1])
		}
		if !slices.IsSortedFunc(points, func(a, b Point) int { return int(math.Copysign(1, a.X-b.X)) }) {
			t.Error("points are out of order")
		}
		wantLow, wantHigh := extents(all)
		if low, high := extents(points); low != wantLow || high != wantHigh {
			t.Errorf("of %d points those that are left reach not as far", n)
		}
	}
	for _, n := range []int{0, 1, 2, mostStretches, mostStretches + 1, 2 * mostStretches} {
		if all := curve(n); !slices.Equal(trace(all), all) {
			t.Errorf("of %d points %d are left", n, len(trace(all)))
		}
	}
}
