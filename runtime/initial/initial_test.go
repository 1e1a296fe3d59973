package initial

import (
	"math"
	"testing"
)

// TestDrawsHaveTheirDeviation compares mean and deviation with the formulas.
func TestDrawsHaveTheirDeviation(t *testing.T) {
	const n = 20000
	x := make([]float32, n)
	for _, c := range []struct {
		name       string
		draw       func()
		mean, std  float64
		least, top float64
	}{
		{"glorot_uniform", func() { GlorotUniform(x, 30, 20, 1, 1, 2) }, 0, math.Sqrt(2.0 / 50), -math.Sqrt(6.0 / 50), math.Sqrt(6.0 / 50)},
		{"glorot_normal", func() { GlorotNormal(x, 30, 20, 2, 1, 2) }, 0, 2 * math.Sqrt(2.0/50), -10, 10},
		{"he_uniform", func() { HeUniform(x, 24, 7, 1, 1, 2) }, 0, math.Sqrt(2.0 / 24), -0.5, 0.5},
		{"he_normal", func() { HeNormal(x, 24, 7, 1, 1, 2) }, 0, math.Sqrt(2.0 / 24), -10, 10},
		{"lecun_uniform", func() { LecunUniform(x, 12, 7, 1, 1, 2) }, 0, math.Sqrt(1.0 / 12), -0.5, 0.5},
		{"lecun_normal", func() { LecunNormal(x, 12, 7, 1, 1, 2) }, 0, math.Sqrt(1.0 / 12), -10, 10},
		{"uniform", func() { Uniform(x, 2, 6, 1, 2) }, 4, 4 / math.Sqrt(12), 2, 6},
		{"normal", func() { Normal(x, 3, 0.5, 1, 2) }, 3, 0.5, -10, 10},
		{"truncated_normal", func() { TruncatedNormal(x, 1, 2, 1, 2) }, 1, 2 * 0.8796, -3, 5},
	} {
		c.draw()
		var mean, square float64
		for _, v := range x {
			if float64(v) < c.least || float64(v) > c.top {
				t.Fatalf("%s: %v is outside [%v, %v]", c.name, v, c.least, c.top)
			}
			mean += float64(v) / n
		}
		for _, v := range x {
			square += (float64(v) - mean) * (float64(v) - mean) / n
		}
		if math.Abs(mean-c.mean) > 6*c.std/math.Sqrt(n) || math.Abs(math.Sqrt(square)/c.std-1) > 0.03 {
			t.Errorf("%s: mean %v, deviation %v, want %v, %v", c.name, mean, math.Sqrt(square), c.mean, c.std)
		}
	}
}

func TestOrthogonalMatricesAreOrthogonal(t *testing.T) {
	for _, s := range [][2]int{{1, 1}, {5, 5}, {9, 4}, {3, 8}} {
		rows, cols := s[0], s[1]
		x := make([]float32, rows*cols)
		Orthogonal(x, rows, cols, 2, 3, 4)
		for a := range min(rows, cols) {
			for b := range min(rows, cols) {
				dot := 0.0
				for k := range max(rows, cols) {
					if rows >= cols {
						dot += float64(x[k*cols+a]) * float64(x[k*cols+b])
					} else {
						dot += float64(x[a*cols+k]) * float64(x[b*cols+k])
					}
				}
				want := 0.0
				if a == b {
					want = 4
				}
				if math.Abs(dot-want) > 1e-5 {
					t.Errorf("%d×%d: vectors %d and %d have the product %v, want %v", rows, cols, a, b, dot, want)
				}
			}
		}
	}
}

func TestConstants(t *testing.T) {
	x := []float32{9, 9, 9, 9, 9, 9}
	Identity(x, 2, 3, 2)
	for i, want := range []float32{2, 0, 0, 0, 2, 0} {
		if x[i] != want {
			t.Errorf("Identity: element %d is %v, want %v", i, x[i], want)
		}
	}
	Ones(x)
	if x[3] != 1 {
		t.Errorf("Ones gives %v", x[3])
	}
}
