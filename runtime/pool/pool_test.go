package pool

import (
	"math"
	"slices"
	"testing"
)

var nan = float32(math.NaN())

func TestMax(t *testing.T) {
	w := Window{H: 2, W: 4, C: 1, OH: 1, OW: 2, FH: 2, FW: 2, SH: 2, SW: 2}
	x := []float32{1, 5, nan, 0, 5, 2, 3, 9}
	y, dx := make([]float32, 2), []float32{7, 7, 7, 7, 7, 7, 7, 7}
	Max(1, w, y, x)
	if y[0] != 5 || y[1] == y[1] {
		t.Errorf("got %v, want 5 and NaN", y)
	}
	// Of equal elements the first by rows has the gradient, and the NaN that of its window.
	MaxGrad(1, w, dx, []float32{2, 3}, x, y)
	if want := []float32{0, 2, 3, 0, 0, 0, 0, 0}; !slices.Equal(dx, want) {
		t.Errorf("dx is %v, want %v", dx, want)
	}
}

func TestBorders(t *testing.T) {
	b := Border{H: 1, W: 2, C: 1, Top: 1, Bottom: 0, Left: 0, Right: 1}
	y, x := make([]float32, 6), make([]float32, 2)
	Pad(1, b, y, []float32{1, 2})
	if want := []float32{0, 0, 0, 1, 2, 0}; !slices.Equal(y, want) {
		t.Errorf("padded to %v, want %v", y, want)
	}
	Crop(1, b, x, y)
	if want := []float32{1, 2}; !slices.Equal(x, want) {
		t.Errorf("cropped to %v, want %v", x, want)
	}
}

func TestShortSlicesPanicAndNothingAllocates(t *testing.T) {
	w := Window{H: 4, W: 4, C: 3, OH: 2, OW: 2, FH: 2, FW: 2, SH: 2, SW: 2}
	s, b := Scale{H: 2, W: 2, C: 3, FH: 2, FW: 2}, Border{H: 2, W: 2, C: 3, Top: 1, Bottom: 1, Left: 1, Right: 1}
	large, small := make([]float32, 2*48), make([]float32, 2*12)
	other := slices.Clone(large)
	for name, f := range map[string]func(large, small []float32){
		"Max":          func(large, small []float32) { Max(2, w, small, large) },
		"MaxGrad":      func(large, small []float32) { MaxGrad(2, w, large, small, other, small) },
		"Average":      func(large, small []float32) { Average(2, w, small, large) },
		"AverageGrad":  func(large, small []float32) { AverageGrad(2, w, large, small) },
		"Nearest":      func(large, small []float32) { Nearest(2, s, large, small) },
		"NearestGrad":  func(large, small []float32) { NearestGrad(2, s, small, large) },
		"Bilinear":     func(large, small []float32) { Bilinear(2, s, large, small) },
		"BilinearGrad": func(large, small []float32) { BilinearGrad(2, s, small, large) },
		"Pad":          func(large, small []float32) { Pad(2, b, large, small) },
		"Crop":         func(large, small []float32) { Crop(2, b, small, large) },
	} {
		if n := testing.AllocsPerRun(10, func() { f(large, small) }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
		for _, short := range [][2]int{{len(large) - 1, len(small)}, {len(large), len(small) - 1}} {
			func() {
				defer func() {
					if recover() != badShape {
						t.Errorf("%s with %v numbers does not panic as it should", name, short)
					}
				}()
				f(large[:short[0]], small[:short[1]])
			}()
		}
	}
}
