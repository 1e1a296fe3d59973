package guard

import (
	"math"
	"testing"
)

var nan, inf = float32(math.NaN()), float32(math.Inf(1))

func TestTheNumberFarthestOutsideOfItsRangeIsNamed(t *testing.T) {
	low, high := []float32{0, -10, 5, 0}, []float32{1, 10, 5, 0}
	for _, c := range []struct {
		x    []float32
		want int
	}{
		{[]float32{0, 10, 5, 0}, -1},    // the ends are inside
		{[]float32{1.5, 10, 5, 0}, 0},   // by half of its width
		{[]float32{1.5, -21, 5, 0}, 1},  // by more than half of its width
		{[]float32{1.5, 0, 9, 0}, 2},    // by 4 of 5, which is the width of a range of one number
		{[]float32{1.5, 0, 5, -3}, 3},   // by 3: that width is at least 1
		{[]float32{1.5, nan, 99, 0}, 1}, // nothing is farther than a NaN
		{[]float32{0, 0, 5, inf}, 3},
		{[]float32{-inf, 0, 5, 0}, 0},
		{[]float32{nan, nan, 5, 0}, 0},
	} {
		for cut := range c.x {
			r := In(c.x[:cut], low[:cut], high[:cut]).And(c.x[cut:], low[cut:], high[cut:])
			if v := r.Check(nil, nil, nil, 1); v.Outside != c.want || v.Unlike != (c.want >= 0) {
				t.Errorf("%v in two inputs, the first of %d: %+v, want outside %d", c.x, cut, v, c.want)
			}
		}
	}
}

func TestADistanceBeyondTheLimitIsUnlike(t *testing.T) {
	mean, l := []float32{1, 2}, []float32{2, 1, 3} // rows (2), (1 3)
	for _, c := range []struct {
		h        []float32
		distance float32
	}{
		{[]float32{1, 2}, 0},
		{[]float32{2, 2}, float32(math.Sqrt(5))},
		{[]float32{1, 3}, 3},
	} {
		v := In(nil, nil, nil).Check(c.h, mean, l, 2.5)
		if v.Distance != c.distance || v.Limit != 2.5 || v.Unlike != (c.distance > 2.5) || v.Outside != -1 {
			t.Errorf("%v: %+v, want distance %v", c.h, v, c.distance)
		}
	}
	for _, h := range [][]float32{{nan, 2}, {1, inf}, {-inf, inf}} {
		if v := In(nil, nil, nil).Check(h, mean, l, inf); !v.Unlike && v.Distance != inf {
			t.Errorf("%v passes: %+v", h, v)
		}
	}
	if v := In(nil, nil, nil).Check(mean, mean, l, -1); !v.Unlike {
		t.Errorf("a guard that was not fitted lets the mean pass: %+v", v)
	}
}

func TestAlarmsWithinThreeDeviationsAreExpected(t *testing.T) {
	for _, c := range []struct {
		alarms, n uint64
		rate      float64
		want      bool
	}{
		{0, 0, 0.01, true}, {10, 1000, 0.01, true}, {19, 1000, 0.01, true}, {20, 1000, 0.01, false},
		{3, 3, 0.01, false}, {100, 100, 1, true},
	} {
		if got := Expected(c.alarms, c.n, c.rate); got != c.want {
			t.Errorf("%d of %d at %v: expected %v, want %v", c.alarms, c.n, c.rate, got, c.want)
		}
	}
}

func TestAnExampleOutsideCanBeRefusedWithoutFeatures(t *testing.T) {
	low, high := []float32{0}, []float32{9}
	if r := In([]float32{9}, low, high); !r.Within() {
		t.Error("an end of a range is outside")
	}
	r := In([]float32{nan}, low, high)
	if v := r.Refused(2); r.Within() || !v.Unlike || v.Outside != 0 || v.Distance != inf || v.Limit != 2 {
		t.Errorf("NaN: within %v, %+v", r.Within(), v)
	}
}
