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

// TestNoiseIsAFunctionOfTheElement checks that pieces of a batch get the noise of the whole, that it is normal with the
// deviation that was asked for, and that nothing is allocated.
func TestNoiseIsAFunctionOfTheElement(t *testing.T) {
	const n = 100_000
	x, y := make([]float32, n), make([]float32, n)
	Noise(y, x, 0.5, 1, 2, 3, 0)
	for _, at := range []int{1, 7, 1000} {
		part := make([]float32, 50)
		Noise(part, x[:50], 0.5, 1, 2, 3, uint32(at))
		for i, v := range part {
			if v != y[at+i] {
				t.Fatalf("from %d: element %d is %v, in the whole it is %v", at, i, v, y[at+i])
			}
		}
	}
	var moments [5]float64
	for _, v := range y {
		p := 1.0
		for k := range moments {
			moments[k] += p / n
			p *= float64(v) / 0.5
		}
	}
	for k, want := range []float64{1, 0, 1, 0, 3} {
		if math.Abs(moments[k]-want) > 0.05 {
			t.Errorf("moment %d is %v, want %v", k, moments[k], want)
		}
	}
	z := []float32{1, 2, 3}
	Noise(z, z, 0, 1, 2, 3, 0)
	if z[0] != 1 || z[1] != 2 || z[2] != 3 {
		t.Errorf("no deviation gives %v", z)
	}
	if a := testing.AllocsPerRun(10, func() { Noise(y, y, 1, 1, 2, 3, 0) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

func BenchmarkNoise(b *testing.B) {
	x := make([]float32, 1<<16)
	for b.Loop() {
		Noise(x, x, 0.1, 1, 2, 3, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1<<16), "ns/element")
}

// TestShortSlicesAreRefused gives each function a slice that is too short although there is room behind it, as there is
// behind a part of an array.
func TestShortSlicesAreRefused(t *testing.T) {
	x, y := make([]float32, 64), make([]float32, 64)
	for name, call := range map[string]func(y, x []float32){
		"Apply":    func(y, x []float32) { Apply(y, x, 0.5, 1, 2, 3, 0) },
		"Gaussian": func(y, x []float32) { Gaussian(y, x, 0.5, 1, 2, 3, 0) },
		"Noise":    func(y, x []float32) { Noise(y, x, 0.5, 1, 2, 3, 0) },
		"Channels": func(y, x []float32) { Channels(2, 4, 8, y, x, 0.5, 1, 2, 3, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s takes an x of 63 elements for a y of 64", name)
				}
			}()
			call(y, x[:63])
		}()
	}
}
