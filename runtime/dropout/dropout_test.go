package dropout

import (
	"math"
	"testing"

	"github.com/nngen/nngen/runtime/rng"
)

func TestTheMaskIsAFunctionOfThePlaceAlone(t *testing.T) {
	const n = 1000
	x, whole := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = float32(i + 1)
	}
	Apply(whole, x, 0.3, 5, 9, 2, 0)
	for _, cut := range []int{1, 2, 3, 4, 7, 500} {
		parts := make([]float32, n)
		Apply(parts[:cut], x[:cut], 0.3, 5, 9, 2, 0)
		Apply(parts[cut:], x[cut:], 0.3, 5, 9, 2, uint32(cut))
		for i := range whole {
			if parts[i] != whole[i] {
				t.Fatalf("cut at %d: element %d is %v, want %v", cut, i, parts[i], whole[i])
			}
		}
	}
	for i, y := range whole {
		want := float32(0)
		if float64(rng.Word(5, 9, 2, i))/(1<<32) >= 0.3 {
			want = x[i] * float32(1/0.7)
		}
		if y != want {
			t.Fatalf("element %d is %v, want %v", i, y, want)
		}
	}
}

func TestTheShareOfDroppedElementsIsTheRate(t *testing.T) {
	const n = 40000
	x, y := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	for _, rate := range []float64{0, 0.1, 0.5, 0.9} {
		Apply(y, x, rate, 1, 2, 3, 0)
		dropped := 0
		for _, v := range y {
			if v == 0 {
				dropped++
			}
		}
		if diff := math.Abs(float64(dropped)/n - rate); diff > 6*math.Sqrt(rate*(1-rate)/n) {
			t.Errorf("rate %v: %d of %d dropped", rate, dropped, n)
		}
	}
}
