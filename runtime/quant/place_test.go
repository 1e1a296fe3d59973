package quant

import (
	"testing"

	"github.com/nngen/nngen/runtime/pool"
)

// TestWhatMovesNumbersChecksItsArguments calls the functions that move numbers with slices that are too short and extents
// that are not there, and looks that none allocates.
func TestWhatMovesNumbersChecksItsArguments(t *testing.T) {
	b, s := pool.Border{H: 2, W: 3, C: 2, Top: 1, Left: 2}, pool.Scale{H: 2, W: 3, C: 2, FH: 2, FW: 1}
	x, y, zero := make([]int8, 24), make([]int8, 60), []int32{5}
	calls := map[string]func(n int, y, x []int8){
		"Pad":       func(n int, y, x []int8) { Pad(n, b, y, x, zero) },
		"Crop":      func(n int, y, x []int8) { Crop(n, b, x, y) },
		"Nearest":   func(n int, y, x []int8) { Nearest(n, s, y[:min(len(y), 48)], x) },
		"Transpose": func(n int, y, x []int8) { Transpose(n, []int{3, 4}, []int{1, 3}, y[:min(len(y), 24)], x) },
	}
	for name, f := range calls {
		if a := testing.AllocsPerRun(10, func() { f(2, y, x) }); a != 0 {
			t.Errorf("%s: %v allocations", name, a)
		}
		for what, bad := range map[string]func(){
			"a short x": func() { f(2, y, x[:23]) }, "a short y": func() { f(2, y[:23], x) }, "less than no examples": func() { f(-1, y, x) },
		} {
			if !panics(bad) {
				t.Errorf("%s takes %s", name, what)
			}
		}
	}
	for name, bad := range map[string]func(){
		"Pad":       func() { Pad(1, pool.Border{H: 0, W: 1, C: 1}, y, x, zero) },
		"Crop":      func() { Crop(1, pool.Border{H: 1, W: 1, C: 1, Left: -1}, y, x) },
		"Nearest":   func() { Nearest(1, pool.Scale{H: 1, W: 1, C: 1, FH: 0, FW: 1}, y, x) },
		"Transpose": func() { Transpose(1, []int{2}, []int{1, 1}, y, x) },
	} {
		if !panics(bad) {
			t.Errorf("%s takes extents that are not there", name)
		}
	}
}

func panics(f func()) (told bool) {
	defer func() { told = recover() != nil }()
	f()
	return false
}
