package fit

import (
	"math"
	"slices"
	"testing"
)

// TestStepsCountUpToTheLastWeight holds what Take leaves of three examples, of four steps each.
func TestStepsCountUpToTheLastWeight(t *testing.T) {
	x, y := make([]float32, 12), make([]float32, 24)
	for i := range x {
		x[i], y[2*i], y[2*i+1] = float32(i), float32(10*i), float32(10*i+1)
	}
	w := []float32{1, 0, 2, 0, 0, 0, 0, 0, 3, float32(math.Copysign(0, -1)), 0, 0}
	var s CountedSteps
	s.Take(3, 4, x, y, w, []float32{1, 2}, 1)
	if !slices.Equal(s.Counts, []int32{3, 0, 1}) || s.Rows() != 4 ||
		!slices.Equal(s.X, []float32{0, 1, 2, 8}) || !slices.Equal(s.W, []float32{1, 0, 2, 3}) ||
		!slices.Equal(s.Y, []float32{0, 1, 10, 11, 20, 21, 80, 81}) {
		t.Errorf("%v steps count, %v, %v, %v", s.Counts, s.X, s.Y, s.W)
	}
	if counts, from, to := s.Of(1, 3); !slices.Equal(counts, []int32{0, 1}) || from != 3 || to != 4 {
		t.Errorf("of two examples %v, rows %d to %d", counts, from, to)
	}
	if s.Again([]float32{0, 1}) {
		t.Error("sums that are not −0 are computed again")
	}
	if !s.Again([]float32{0, float32(math.Copysign(0, -1))}) || s.Rows() != 12 || len(s.X) != 12 || len(s.W) != 12 {
		t.Errorf("a sum of −0 is not computed again, of all steps: %v", s.Counts)
	}
	if s.Again([]float32{float32(math.Copysign(0, -1))}) {
		t.Error("sums of all steps are computed again")
	}
	if a := testing.AllocsPerRun(10, func() { s.Take(3, 4, x, y, w, []float32{1, 2}, 1) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

// TestAllStepsCountWhereZeroTimesSomethingMayBeNoZero gives Take numbers that are not finite, or large, no weights, and
// few steps to leave out.
func TestAllStepsCountWhereZeroTimesSomethingMayBeNoZero(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	few := make([]float32, 40)
	for i := range few[:38] {
		few[i] = 1
	}
	for _, c := range []struct {
		name      string
		y, w      []float32
		parameter float32
		scale     float32
	}{
		{"an infinite parameter", make([]float32, 2), []float32{1, 0}, inf, 1},
		{"a parameter that is no number", make([]float32, 2), []float32{1, 0}, nan, 1},
		{"a large parameter", make([]float32, 2), []float32{1, 0}, 1e6, 1},
		{"an infinite scale", make([]float32, 2), []float32{1, 0}, 1, inf},
		{"a target that is no number", []float32{0, nan}, []float32{1, 0}, 1, 1},
		{"a large target", []float32{0, 3e38}, []float32{1, 0}, 1, 1},
		{"no weights", make([]float32, 2), nil, 1, 1},
		{"few steps to leave out", make([]float32, 40), few, 1, 1},
	} {
		var s CountedSteps
		n := len(c.y)
		s.Take(1, n, make([]float32, n), c.y, c.w, []float32{1, c.parameter}, c.scale)
		if s.Rows() != n || len(s.X) != n || len(s.Y) != n || len(s.W) != len(c.w) {
			t.Errorf("%s: %d of %d steps count", c.name, s.Rows(), n)
		}
	}
}
