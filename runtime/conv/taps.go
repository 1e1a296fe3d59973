package conv

import (
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/vec"
)

// taps is what the filters of channels that have one each read: rows of cols pixels of x, and as many weights, their
// distances in elements; those of weights may be negative.
type taps struct{ rows, cols, xRow, xCol, wRow, wCol int }

// addTaps continues the sums of n pixels, which lie yPixel elements apart, and of f channels of each
//
//	y[p·yPixel + c] += Σ x[p·xPixel + row·xRow + col·xCol + c]·w[at + row·wRow + col·wCol + c]
//
// with the taps in order, each sum rounded once. xPixel is a multiple of f. y overlaps neither x nor w.
func (r *room) addTaps(t taps, n, f int, y []float32, yPixel int, x []float32, xPixel int, w []float32, at int) {
	if f%lane == 0 {
		t.addWhole(n, f, y, yPixel, x, xPixel, w, at)
		return
	}
	out := y
	if yPixel != f {
		r.matrix = grow(r.matrix, n*f)
		vec.CopyCols(n, f, r.matrix, f, y, yPixel)
		out = r.matrix
	}
	for row := range t.rows {
		for col := range t.cols {
			pixels := r.every(n, f, xPixel/f, x[row*t.xRow+col*t.xCol:])
			vec.MulAddRow(n, f, out, pixels, w[at+row*t.wRow+col*t.wCol:])
		}
	}
	if yPixel != f {
		vec.CopyCols(n, f, y, yPixel, out, f)
	}
}

// tapsWork is about how many multiply-adds a call of the kernel does.
const tapsWork = 1 << 20

// addWhole is addTaps for whole vectors of channels: some pixels, or some rows of the taps of one, at a time.
func (t taps) addWhole(n, f int, y []float32, yPixel int, x []float32, xPixel int, w []float32, at int) {
	if !cpu.HasSIMD() {
		t.tapsRowGeneric(n, f, y, yPixel, x, xPixel, w, at)
		return
	}
	_, _ = y[(n-1)*yPixel+f-1], x[(n-1)*xPixel+(t.rows-1)*t.xRow+(t.cols-1)*t.xCol+f-1]
	first, last := at, at+(t.rows-1)*t.wRow+(t.cols-1)*t.wCol
	_, _ = w[min(first, last)], w[max(first, last)+f-1]
	most := max(1, tapsWork/(t.rows*t.cols*f))
	rows := max(1, tapsWork/(t.cols*f))
	for p := 0; p < n; p += most {
		for row := 0; row < t.rows; row += rows {
			cpu.Preempt()
			tapsRowSIMD(min(most, n-p), f, min(rows, t.rows-row), t.cols, &y[p*yPixel], &x[p*xPixel+row*t.xRow],
				&w[at+row*t.wRow], yPixel, xPixel, t.xRow, t.xCol, t.wRow, t.wCol)
		}
	}
}

// tapsRowGeneric defines addWhole.
func (t taps) tapsRowGeneric(n, f int, y []float32, yPixel int, x []float32, xPixel int, w []float32, at int) {
	for p := range n {
		for row := range t.rows {
			for col := range t.cols {
				w, y := w[at+row*t.wRow+col*t.wCol:][:f], y[p*yPixel:][:f]
				for c, v := range x[p*xPixel+row*t.xRow+col*t.xCol:][:f] {
					y[c] = f32.FMA(v, w[c], y[c])
				}
			}
		}
	}
}
