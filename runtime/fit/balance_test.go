package fit

import (
	"math"
	"testing"
)

// TestBalancedClasses has what scikit-learn's compute_class_weight("balanced") gives for the labels 0 0 0 1 2 2 and
// 0 0 0 0 1: see testdata/stats/make.py.
func TestBalancedClasses(t *testing.T) {
	three := []float32{1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1}
	for _, c := range []struct {
		width            int
		y, weights, want []float32
	}{
		{3, three, nil, []float32{2. / 3, 2, 1}},
		{3, three, []float32{0.5, 1, 1, 1, 3, 1}, []float32{2. / 3, 2, 1}},
		{3, append([]float32{0, 0, 1, 0, 0, 1}, three...), []float32{0, 0, 1, 1, 1, 1, 1, 1}, []float32{2. / 3, 2, 1}},
		{3, three[:12], nil, []float32{2. / 3, 2, 1}}, // no row of the last class
		{1, []float32{0, 0, 0, 0, 1}, nil, []float32{0.625, 2.5}},
		{1, []float32{-1, -1, 1, -1, -1}, nil, []float32{0.625, 2.5}},
		{2, []float32{1, 0, 1, 0, 1, 0, 1, 0, 0, 1}, nil, []float32{0.625, 2.5}},
	} {
		got := make([]float32, len(c.want))
		BalanceClasses(got, c.width, c.y, c.weights)
		for k := range got {
			if math.Abs(float64(got[k]-c.want[k])) > 1e-6 {
				t.Errorf("width %d, targets %v: weights %v, want %v", c.width, c.y, got, c.want)
			}
		}
	}
}

func TestBalancedClassesPanicWhereLengthsDisagree(t *testing.T) {
	for name, call := range map[string]func(){
		"targets": func() { BalanceClasses(make([]float32, 3), 3, make([]float32, 4), nil) },
		"weights": func() { BalanceClasses(make([]float32, 2), 1, make([]float32, 4), make([]float32, 3)) },
		"classes": func() { BalanceClasses(make([]float32, 3), 1, make([]float32, 4), nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}
