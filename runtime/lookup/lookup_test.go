package lookup

import (
	"math"
	"slices"
	"testing"
)

func TestLookup(t *testing.T) {
	w := []float32{1, 2, 3, 4, 5, 6}
	y, dw := make([]float32, 8), []float32{9, 9, 9, 9, 9, 9}
	x := []float32{2, 0, 2, 1}
	Rows(4, 3, 2, 1, y, x, w)
	if want := []float32{5, 6, 1, 2, 5, 6, 0, 0}; !slices.Equal(y, want) {
		t.Errorf("y is %v, want %v", y, want)
	}
	RowsGrad(4, 3, 2, 1, dw, []float32{1, 2, 3, 4, 5, 6, 7, 8}, x)
	if want := []float32{3, 4, 0, 0, 6, 8}; !slices.Equal(dw, want) {
		t.Errorf("dw is %v, want %v", dw, want)
	}
	if n := testing.AllocsPerRun(10, func() { Rows(4, 3, 2, None, y, x, w); RowsGrad(4, 3, 2, None, dw, y, x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestBadTokensPanic(t *testing.T) {
	for _, v := range []float32{-1, 3, 0.5, float32(math.NaN()), float32(math.Inf(1))} {
		func() {
			defer func() {
				if recover() != badToken {
					t.Errorf("the token %v does not panic as it should", v)
				}
			}()
			Rows(1, 3, 2, None, make([]float32, 2), []float32{v}, make([]float32, 6))
		}()
	}
}
