package gemm

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestCopyRowsIsItsTwin compares the kernel with its twin for rows of all lengths, and several calls, with slices that end,
// or begin, where memory may not be touched: what lies between rows stays.
func TestCopyRowsIsItsTwin(t *testing.T) {
	defer func(w int) { rowWork = w }(rowWork)
	r := rand.New(rand.NewSource(1))
	for cols := range 70 {
		if rowWork = 1 << 18; cols%2 == 0 {
			rowWork = 3 * max(1, cols)
		}
		rows, lds, ldd := r.Intn(9), cols+r.Intn(5), cols+r.Intn(5)
		fence := kerneltest.Fence(kerneltest.Edge(cols%2 == 1))
		src := fence(drawFew(r, max(0, (rows-1)*lds+cols), 1))
		dst := drawFew(r, max(0, (rows-1)*ldd+cols), 1)
		got, want := fence(dst), slices.Clone(dst)
		copyRowsGeneric(rows, cols, src, lds, want, ldd)
		CopyRows(rows, cols, src, lds, got, ldd)
		if at := kerneltest.Diff(got, want); at >= 0 {
			t.Fatalf("rows=%d, cols=%d: %d is %x, want %x", rows, cols, at, got[at], want[at])
		}
	}
	CopyRows(3, 0, nil, 5, nil, 5) // has nothing to copy, from nowhere
	x := make([]float32, 20)
	for _, x := range []struct {
		want string
		call func()
	}{
		{badSize, func() { CopyRows(-1, 9, x, 9, x, 9) }},
		{badA, func() { CopyRows(2, 9, x[:17], 9, x, 9) }},
		{badA, func() { CopyRows(2, 9, x, 8, x, 9) }},
		{badC, func() { CopyRows(2, 9, x, 9, x[:19], 11) }},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != x.want {
					t.Errorf("panic %q, want %q", got, x.want)
				}
			}()
			x.call()
		}()
	}
}
