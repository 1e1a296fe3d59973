package fit

import (
	"math"
	"testing"
)

// TestFeaturesThatDoNotVaryKeepTheirScale has constants whose mean is not the constant itself once it is rounded, and
// numbers that differ by a rounding.
func TestFeaturesThatDoNotVaryKeepTheirScale(t *testing.T) {
	next := func(v float32) float32 { return math.Nextafter32(v, float32(math.Inf(1))) }
	for _, values := range [][]float32{
		{0, 0, 0}, {0.1, 0.1, 0.1}, {2019, 2019, 2019}, {1e-24, 1e-24, 1e-24}, {-3e37, -3e37, -3e37},
		{0.3, next(0.3), 0.3}, {1e-45, 1e-45, 1e-45},
	} {
		var x []float32
		for range 50 {
			x = append(x, values...)
		}
		a := Affine{Center: make([]float32, 1), Scale: make([]float32, 1)}
		if a.Standardize(x); a.Scale[0] != 1 {
			t.Errorf("standardize of %v has the scale %v, want 1", values, a.Scale[0])
		}
		if a.MinMax(x, 0, 1); a.Scale[0] != 1 {
			t.Errorf("min_max of %v has the scale %v, want 1", values, a.Scale[0])
		}
	}
	for _, values := range [][]float32{{1, 1.001}, {1e-24, 2e-24}, {2019, 2020}, {-1e30, 1e30}} {
		a := Affine{Center: make([]float32, 1), Scale: make([]float32, 1)}
		a.Standardize(values)
		if want := 2 / (float64(values[1]) - float64(values[0])); math.Abs(float64(a.Scale[0])/want-1) > 1e-6 {
			t.Errorf("standardize of %v has the scale %v, want %v", values, a.Scale[0], want)
		}
	}
}
