package fit

import (
	"math"
	"testing"
)

// TestTargetsAreTurnedBack standardizes targets far from 0, one of which does not vary, and turns them back.
func TestTargetsAreTurnedBack(t *testing.T) {
	y := []float32{400_000, 7, 500_000, 7, 600_000, 7}
	a := Affine{Center: make([]float32, 2), Scale: make([]float32, 2)}
	targets := Affine{Center: make([]float32, 2), Scale: make([]float32, 2)}
	a.Targets(targets, y)
	sum, square := 0.0, 0.0
	for i, v := range y {
		j := i % 2
		z := (v - targets.Center[j]) * targets.Scale[j]
		if j == 0 {
			sum, square = sum+float64(z), square+float64(z)*float64(z)
		} else if z != 0 {
			t.Errorf("a target that does not vary becomes %v", z)
		}
		if back := (z - a.Center[j]) * a.Scale[j]; math.Abs(float64(back-v)) > 0.1 {
			t.Errorf("%v comes back as %v", v, back)
		}
	}
	if math.Abs(sum) > 1e-5 || math.Abs(square/3-1) > 1e-5 {
		t.Errorf("mean %v, mean square %v", sum/3, square/3)
	}
}
