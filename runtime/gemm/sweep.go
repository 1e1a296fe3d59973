package gemm

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
)

// A Window says how the images of a convolution without gaps between taps lie in arrays, in elements.
type Window struct {
	Rows, Cols         int // of pixels of C
	Lines, Taps, Terms int // rows of the filter, taps in a row, terms of a tap
	ARow, ALine        int // in A, from a row of C to the next, and from a row of the filter to the next
	APixel             int // in A, from a pixel of C, and from a tap, to the next: at least Terms
	CRow, CPixel       int // in C, from a row to the next, and from a pixel to the next
}

// K returns the terms of a sum.
func (w *Window) K() int { return w.Lines * w.Taps * w.Terms }

// A sweepArgs is what the kernels of convolutions take, with strides in bytes.
type sweepArgs struct {
	a         *float32
	lda, line int // from a row of C, and from a row of the filter, to the next in A
	skip      int // from behind the terms of a pixel of A to the next pixel
	b         *float32
	ldb       int // from a term to the next in B
	tap       int // from a tap to the next in B
	bline     int // from a row of the filter to the next in B
	back      int // of the terms of a tap in B
	c         *float32
	ldc       int
	pixel     int // from a pixel to the next in C
	m         int // pixels of a row, at least as many as there are taps but one
	n         int // columns, 1 to 16
	lines     int // of the filter, at least 1
	count     int // terms of a tap, at least 1
	v         *float32
	flags     int
	alpha     float32

	//lint:ignore U1000 a variable of the kernel: pixels to do
	left int
}

// Rows of C that the kernels of convolutions take at a time.
const fewSwept, manySwept = 4, 5

// sweptTiles returns how many tiles some rows are cut into, and how many of them have manySwept; the others have
// fewSwept. The last one covers rows of the one before where the rows are not enough.
func sweptTiles(rows int) (tiles, many int) {
	tiles = (rows + manySwept - 1) / manySwept
	return tiles, max(0, rows-fewSwept*tiles)
}

// Sweeps tells whether there is a kernel with AVX-512 at full width for Sweep of n columns with an epilogue, and it is
// ahead of those that read an element of A for each multiply-add of a register.
func Sweeps(w *Window, n int, ep Epilogue) bool {
	rest := n % nr
	tiles, _ := sweptTiles(w.Rows)
	return cpu.HasAVX512 && (w.Taps == 3 || w.Taps == 5) && w.Rows >= fewSwept && w.Cols >= w.Taps-1 && !ep.grad() &&
		(rest == 0 || rest > nr/2) && (!ep.Continues() || w.Rows >= fewSwept*tiles) &&
		int64(manySwept*w.Cols*nr)*int64(w.K()) <= int64(work)
}

// Sweep computes the sums of a convolution and applies the epilogue, which must not hold a saved output, to n columns,
// each sum one chain over the rows of the filter, the taps and the terms, all upwards. B lies in panels of 16 columns as
// for Strided:
//
//	C[i, j, x] = Σ a[i·ARow + l·ALine + (j+t)·APixel + p]·b[x/16·bps + ((l·Taps + t)·Terms + p)·brs + x%16]
//	             over l < Lines, t < Taps, p < Terms
//
// All of b is read up to a number of columns that is a multiple of 16; what stands there beyond the n-th does not matter. C
// must not overlap A, B, or the bias, nor its pixels each other. Sweep panics if a size is below 1 or a stride negative or
// less than what lies in it, one is above 2³¹−1, the epilogue holds a saved output, or a slice is too short.
func Sweep(w *Window, n int, a, b []float32, brs, bps int, c []float32, ep Epilogue) {
	checkSizes(w.Rows, w.Cols, n, w.Lines|w.Taps|w.Terms|w.ARow|w.ALine|w.APixel|w.CRow|w.CPixel|brs|bps)
	last := (n - 1) / nr
	k := w.K()
	switch {
	case min(w.Rows, w.Cols, n, k) < 1 || w.APixel < w.Terms || w.CPixel < n:
		panic(badSize)
	case beyond(len(a), w.Terms, w.Rows-1, w.ARow, w.Lines-1, w.ALine, w.Cols+w.Taps-2, w.APixel):
		panic(badA)
	case beyond(len(b), nr, last, bps, k-1, brs):
		panic(badB)
	case beyond(len(c), n, w.Rows-1, w.CRow, w.Cols-1, w.CPixel):
		panic(badC)
	case ep.grad():
		panic(badSaved)
	}
	ep.CheckSlice(n, 0)
	if !Sweeps(w, n, ep) {
		sweepGeneric(w, n, a, b, brs, bps, c, ep)
		return
	}
	x := sweepArgs{lda: 4 * w.ARow, line: 4 * w.ALine, skip: 4 * (w.APixel - w.Terms), ldb: 4 * brs, tap: 4 * w.Terms * brs,
		bline: 4 * w.Taps * w.Terms * brs, back: 4 * w.Terms * brs, ldc: 4 * w.CRow, pixel: 4 * w.CPixel, m: w.Cols,
		lines: w.Lines, count: w.Terms, flags: ep.flags(), alpha: ep.alpha()}
	tiles, many := sweptTiles(w.Rows)
	for j := 0; j < n; j += nr {
		for tile, i := 0, 0; tile < tiles; tile++ {
			cpu.Preempt()
			t := x
			if ep.bias() {
				t.v = &ep.v[j]
			}
			rows := fewSwept
			if tile < many {
				rows = manySwept
			}
			at := min(i, w.Rows-rows)
			t.a, t.b, t.c, t.n = &a[at*w.ARow], &b[j/nr*bps], &c[at*w.CRow+j], min(nr, n-j)
			switch {
			case w.Taps == 3 && rows == fewSwept:
				sweep3x4AVX512(&t)
			case w.Taps == 3:
				sweep3x5AVX512(&t)
			case rows == fewSwept:
				sweep5x4AVX512(&t)
			default:
				sweep5x5AVX512(&t)
			}
			i += rows
		}
	}
}

// beyond tells whether size elements behind the last of some that lie strides apart, given as pairs of how many there are
// and the stride, are more than there are.
func beyond(there, size int, strides ...int) bool {
	need := float64(size)
	for i := 0; i < len(strides); i += 2 {
		need += float64(strides[i]) * float64(strides[i+1])
	}
	return need > float64(there)
}

// sweepGeneric defines Sweep.
func sweepGeneric(w *Window, n int, a, b []float32, brs, bps int, c []float32, ep Epilogue) {
	for i := range w.Rows {
		for j := range w.Cols {
			for x := range n {
				at, sum := i*w.CRow+j*w.CPixel+x, float32(0)
				if ep.acc() {
					sum = c[at]
				}
				y := x/nr*bps + x%nr
				for l := range w.Lines {
					for t := range w.Taps {
						for p := range w.Terms {
							sum = f32.FMA(a[i*w.ARow+l*w.ALine+(j+t)*w.APixel+p], b[y], sum)
							y += brs
						}
					}
				}
				c[at] = ep.apply(sum, x, 0)
			}
		}
	}
}
