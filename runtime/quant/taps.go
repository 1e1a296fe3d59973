package quant

import "github.com/nngen/nngen/runtime/cpu"

// taps is what a filter of each channel reads: rows of cols pixels of x, and as many weights, their distances in numbers.
type taps struct{ rows, cols, xRow, xCol, wRow, wCol int }

// tapsArgs is what the kernel of taps takes.
type tapsArgs struct {
	s, start *int32
	x, w     *int8

	channels, pixels, rows, cols   int
	xPixel, xRow, xCol, wRow, wCol int
	sRow                           int // in bytes
	//lint:ignore U1000 a variable of the kernel: the channels that it has passed
	at int
}

// tapsWork is about how many pixels of x a call of the kernel reads for 32 channels.
const tapsWork = 1 << 13

// sums computes for some pixels of a row, whose sums lie sRow numbers apart and what they read xPixel, and for n channels
//
//	s[pixel·sRow + c] = start[c] + Σ x[pixel·xPixel + row·xRow + col·xCol + c]·w[row·wRow + col·wCol + c]
//
// over all rows and cols, of which there may be none. start may be the sums of one pixel.
func (t taps) sums(pixels, n, sRow, xPixel int, s, start []int32, x, w []int8) {
	whole := n &^ 7
	if !cpu.HasSIMD() || whole == 0 || t.rows < 1 || t.cols < 1 {
		whole = 0
	}
	if whole < n {
		for p := range pixels {
			t.tapsGeneric(s[p*sRow:][whole:n], start[whole:n], x[p*xPixel+whole:], w[whole:])
		}
	}
	if whole == 0 || pixels < 1 {
		return
	}
	step := pixels
	if t.rows*t.cols*pixels > tapsWork {
		step = 1
	}
	for p := 0; p < pixels; p += step {
		t.vectors(min(step, pixels-p), whole, sRow, xPixel, s[p*sRow:], start, x[p*xPixel:], w)
	}
}

// vectors is sums for whole vectors of channels: some rows at a time, if there is one pixel.
func (t taps) vectors(pixels, n, sRow, xPixel int, s, start []int32, x, w []int8) {
	most := t.rows
	if pixels == 1 {
		most = max(1, tapsWork/t.cols)
	}
	for row := 0; row < t.rows; row += most {
		cpu.Preempt()
		x, w, rows := x[row*t.xRow:], w[row*t.wRow:], min(most, t.rows-row)
		_, _ = s[(pixels-1)*sRow+n-1], start[n-1]
		_ = x[(pixels-1)*xPixel+(rows-1)*t.xRow+(t.cols-1)*t.xCol+n-1]
		_ = w[(rows-1)*t.wRow+(t.cols-1)*t.wCol+n-1]
		tapsSIMD(&tapsArgs{s: &s[0], start: &start[0], x: &x[0], w: &w[0], channels: n, pixels: pixels, rows: rows,
			cols: t.cols, xPixel: xPixel, xRow: t.xRow, xCol: t.xCol, wRow: t.wRow, wCol: t.wCol, sRow: 4 * sRow})
		start = s
	}
}

// tapsGeneric is sums for one pixel, and all channels of s.
func (t taps) tapsGeneric(s, start []int32, x, w []int8) {
	copy(s, start)
	for row := range t.rows {
		for col := range t.cols {
			w := w[row*t.wRow+col*t.wCol:][:len(s)]
			for c, v := range x[row*t.xRow+col*t.xCol:][:len(s)] {
				s[c] += int32(v) * int32(w[c])
			}
		}
	}
}
