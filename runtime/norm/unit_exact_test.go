package norm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestRowsOfWholeLengthAreExact gives UnitNorm whole numbers whose length is one too, so that all sums are exact: r and y
// are products and quotients that are rounded once. Where the length is a power of two nothing is rounded, and the
// gradient equals exact arithmetic.
//
// With whole v and m, the numbers 2m·v and m² − |v|² have the length m² + |v|².
func TestRowsOfWholeLengthAreExact(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	for f := 1; f <= 70; f++ {
		x := make([]float32, f)
		m, square := draw.IntN(9)+1, 0
		for j := range f - 1 {
			v := 0
			if draw.IntN(f)*3 < 20 {
				v = draw.IntN(11) - 5
			}
			x[j], square = float32(2*m*v), square+v*v
		}
		x[f-1] = float32(m*m - square)
		length := float32(m*m + square)
		if length*length >= 1<<24 {
			t.Fatalf("%d numbers have the length %v: its square is not exact", f, length)
		}
		y, r := make([]float32, f), make([]float32, 1)
		UnitNorm(1, f, y, x, r, 1e-12)
		if r[0] != 1/length {
			t.Errorf("%d numbers: r is %v, want 1/%v", f, r[0], length)
		}
		for j := range y {
			if y[j] != x[j]*(1/length) {
				t.Errorf("number %d of %d: %v, want %v/%v", j, f, y[j], x[j], length)
			}
		}
	}
	for f := 1; f <= 70; f++ {
		for _, terms := range []int{1, 4, 16, 64} {
			if terms > f {
				continue
			}
			t.Run(fmt.Sprint(terms, " of ", f), func(t *testing.T) {
				x, dy := make([]float32, f), make([]float32, f)
				for i, j := range draw.Perm(f) {
					if i < terms {
						x[j] = float32(8 - 16*draw.IntN(2))
					}
					dy[j] = float32(draw.IntN(15) - 7)
				}
				length := map[int]float64{1: 8, 4: 16, 16: 32, 64: 64}[terms]
				y, dx, r := make([]float32, f), make([]float32, f), make([]float32, 1)
				UnitNorm(1, f, y, x, r, 1e-12)
				UnitNormGrad(1, f, dx, dy, y, r, 1e-12)
				dot := 0.0
				for j := range x {
					if float64(y[j]) != float64(x[j])/length {
						t.Errorf("y[%d] = %v, want %v", j, y[j], float64(x[j])/length)
					}
					dot += float64(dy[j]) * float64(x[j]) / length
				}
				for j := range x {
					if want := (float64(dy[j]) - float64(x[j])/length*dot) / length; float64(dx[j]) != want {
						t.Errorf("dx[%d] = %v, want %v", j, dx[j], want)
					}
				}
			})
		}
	}
}
