package stats

import (
	"math"
	"testing"
)

// TestNumbersOfLogScale looks at numbers that grow by factors, and at others.
func TestNumbersOfLogScale(t *testing.T) {
	numbers := func(n int, f func(u float64) float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = f((float64(i) + 0.5) / float64(n))
		}
		return x
	}
	normal := func(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }
	for name, c := range map[string]struct {
		x    []float64
		want bool
	}{
		"exponential of a uniform number": {numbers(200, func(u float64) float64 { return 1000 * math.Exp(4*u) }), true},
		"over eight e-folds":              {numbers(200, func(u float64) float64 { return math.Exp(8 * u) }), true},
		"log-normal":                      {numbers(200, func(u float64) float64 { return math.Exp(normal(u)) }), true},
		"uniform":                         {numbers(200, func(u float64) float64 { return u }), false},
		"normal, far from 0":              {numbers(200, func(u float64) float64 { return 50 + normal(u) }), false},
		"squares":                         {numbers(200, func(u float64) float64 { return 0.5 + 1000*u*u }), false},
		"with a 0": {append(numbers(200, func(u float64) float64 { return math.Exp(8 * u) }), 0),
			false},
		"all the same": {numbers(200, func(float64) float64 { return 3 }), false},
		"few":          {numbers(10, func(u float64) float64 { return math.Exp(8 * u) }), false},
		"one far away": {append(numbers(200, func(u float64) float64 { return 100 + u }), 1000), false},
	} {
		if got := FitsLog(c.x); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
