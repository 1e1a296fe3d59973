package gemm

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// window draws a window of some rows, pixels and taps, and returns the strides of B and the elements that it has of A, B
// and C for n columns.
func window(r *rand.Rand, rows, cols, taps, n int) (w Window, brs, bps, a, b, c int) {
	w = Window{Rows: rows, Cols: cols, Taps: taps, Lines: 1 + r.Intn(3), Terms: 1 + r.Intn(7)}
	w.APixel = w.Terms + r.Intn(3)
	w.ALine, w.ARow = (cols+taps-1)*w.APixel+r.Intn(3), r.Intn(2*cols*w.APixel)
	w.CPixel = n + r.Intn(3)
	w.CRow = cols*w.CPixel + r.Intn(3)
	brs = nr + r.Intn(2)
	bps = w.K()*brs + r.Intn(3)
	a = (rows-1)*w.ARow + (w.Lines-1)*w.ALine + (cols+taps-2)*w.APixel + w.Terms
	b = (n-1)/nr*bps + (w.K()-1)*brs + nr
	return w, brs, bps, a, b, (rows-1)*w.CRow + (cols-1)*w.CPixel + n
}

// TestSweepHasTheBitsOfItsTwin compares the kernels with their twin for all rows of a few tiles, all pixels of a row up to
// more than two rounds of registers, columns of one to three panels and all epilogues, with slices that end, or begin,
// where memory may not be touched, and with NaN, infinities and zeros of both signs.
func TestSweepHasTheBitsOfItsTwin(t *testing.T) {
	if !cpu.HasAVX512 {
		t.Skip("no kernel here")
	}
	r, tried := rand.New(rand.NewSource(1)), map[string]bool{}
	for rows := 4; rows < 18; rows++ {
		for cols := 2; cols < 14; cols++ {
			for _, taps := range []int{3, 5} {
				if testing.Short() && (rows+cols)%4 > 0 {
					continue
				}
				n := []int{16, 9, 15, 32, 26, 48}[r.Intn(6)]
				w, brs, bps, lenA, lenB, lenC := window(r, rows, cols, taps, n)
				bias := make([]float32, n)
				for i := range bias {
					bias[i] = float32(r.NormFloat64())
				}
				fence := kerneltest.Fence(kerneltest.Edge(r.Intn(2) == 1))
				bias = fence(bias)
				eps := []Epilogue{None(), Accumulate(), Bias(bias), BiasAct(bias, ReLU), BiasAct(bias, LeakyReLU).Alpha(0.1),
					BiasAct(bias, ReLU).Continued()}
				i := r.Intn(len(eps))
				ep := eps[i]
				if !Sweeps(&w, n, ep) {
					if cols >= taps-1 && !ep.Continues() {
						t.Errorf("no kernel for %d rows of %d pixels, %d taps and %d columns", rows, cols, taps, n)
					}
					continue
				}
				a, b := fence(drawFew(r, lenA, 0.9)), fence(drawFew(r, lenB, 0.9))
				got := fence(drawFew(r, lenC, 1))
				want := slices.Clone(got)
				sweepGeneric(&w, n, a, b, brs, bps, want, ep)
				Sweep(&w, n, a, b, brs, bps, got, ep)
				if at := kerneltest.Diff(got, want); at >= 0 {
					t.Fatalf("%+v, n=%d, epilogue %d: c[%d] = %x, want %x", w, n, i, at, got[at], want[at])
				}
				tiles, many := sweptTiles(rows)
				tried[fmt.Sprint(taps, many > 0, many < tiles, i)] = true
			}
		}
	}
	if len(tried) < 24 && !testing.Short() {
		t.Errorf("%d kinds of tiles, taps and epilogues were tried: %v", len(tried), tried)
	}
}

// TestSweptTilesCoverRows holds the tiles to the rows, of which only the last may have more than are left.
func TestSweptTilesCoverRows(t *testing.T) {
	for rows := fewSwept; rows < 100; rows++ {
		tiles, many := sweptTiles(rows)
		all := many*manySwept + (tiles-many)*fewSwept
		if many > tiles || all < rows || all-rows >= fewSwept || all > rows && many > 0 {
			t.Errorf("%d rows: %d tiles, %d of which have %d rows", rows, tiles, many, manySwept)
		}
	}
}

// TestSweepAllocatesNothingAndMisusePanics hands over what lies beyond slices.
func TestSweepAllocatesNothingAndMisusePanics(t *testing.T) {
	w := Window{Rows: 4, Cols: 6, Lines: 2, Taps: 3, Terms: 2, ARow: 16, ALine: 16, APixel: 2, CRow: 96, CPixel: 16}
	a, b, c := make([]float32, 80), make([]float32, 12*16), make([]float32, 4*96)
	if n := testing.AllocsPerRun(5, func() { Sweep(&w, 16, a, b, 16, 0, c, None()) }); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
	narrow, negative, far := w, w, w
	narrow.APixel, negative.Rows, far.ARow = 1, -1, math.MaxInt
	tooFar := badSize
	if math.MaxInt == math.MaxInt32 { // no int is above the largest size
		tooFar = badA
	}
	for _, x := range []struct {
		want string
		call func()
	}{
		{badSize, func() { Sweep(&narrow, 16, a, b, 16, 0, c, None()) }},
		{badSize, func() { Sweep(&negative, 16, a, b, 16, 0, c, None()) }},
		{tooFar, func() { Sweep(&far, 16, a, b, 16, 0, c, None()) }},
		{badSize, func() { Sweep(&w, 0, a, b, 16, 0, c, None()) }},
		{badA, func() { Sweep(&w, 16, a[:79], b, 16, 0, c, None()) }},
		{badB, func() { Sweep(&w, 16, a, b[:len(b)-1], 16, 0, c, None()) }},
		{badC, func() { Sweep(&w, 16, a, b, 16, 0, c[:len(c)-1], None()) }},
		{badBias, func() { Sweep(&w, 16, a, b, 16, 0, c, Bias(a[:15])) }},
		{badSaved, func() { Sweep(&w, 16, a, b, 16, 0, c, GradAct(ReLU, c)) }},
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
