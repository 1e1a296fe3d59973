package lookup

import (
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/half"
)

// TestRowsHalf compares with Rows of the widened table.
func TestRowsHalf(t *testing.T) {
	const rows, width = 5, 19
	w, bits := make([]float32, rows*width), make([]uint16, rows*width)
	for i := range w {
		w[i] = float32(i*i%37) / 7
	}
	x := []float32{3, 0, 4, 0, 2}
	for _, f := range []half.Format{half.Float16, half.BFloat16} {
		half.Round(f, bits, w)
		widened := make([]float32, rows*width)
		half.Widen(f, widened, bits)
		for _, padding := range []int{None, 0} {
			got, want := make([]float32, len(x)*width), make([]float32, len(x)*width)
			RowsHalf(f, len(x), rows, width, padding, got, x, bits)
			Rows(len(x), rows, width, padding, want, x, widened)
			if !slices.Equal(got, want) {
				t.Errorf("format %d, padding %d: %v, want %v", f, padding, got, want)
			}
		}
	}
	defer func() {
		if r := recover(); r != badToken {
			t.Errorf("token 5 of 5: %v, want %s", r, badToken)
		}
	}()
	RowsHalf(half.Float16, 1, rows, width, None, make([]float32, width), []float32{5}, bits)
}
