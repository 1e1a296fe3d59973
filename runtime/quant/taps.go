package quant

import "github.com/nngen/nngen/runtime/cpu"

// taps is what a filter of each channel reads: rows of cols pixels of x, and as many weights, their distances in numbers.
type taps struct{ rows, cols, xRow, xCol, wRow, wCol int }

// tapsArgs is what the kernel of taps takes.
type tapsArgs struct {
	s    *int32
	x, w *int8

	channels, rows, cols   int
	xRow, xCol, wRow, wCol int
	//lint:ignore U1000 a variable of the kernel: the channels that it has passed
	at int
}

// tapsWork is about how many pixels a call of the kernel reads for 32 channels.
const tapsWork = 1 << 13

// add is tapsGeneric, some rows at a time.
func (t taps) add(s []int32, x, w []int8) {
	if t.rows < 1 || t.cols < 1 {
		return
	}
	n := len(s) &^ 7
	if !cpu.HasSIMD() || n == 0 {
		t.tapsGeneric(s, x, w)
		return
	}
	if n < len(s) {
		t.tapsGeneric(s[n:], x[n:], w[n:])
	}
	most := max(1, tapsWork/t.cols)
	for row := 0; row < t.rows; row += most {
		cpu.Preempt()
		x, w, rows := x[row*t.xRow:], w[row*t.wRow:], min(most, t.rows-row)
		_, _ = x[(rows-1)*t.xRow+(t.cols-1)*t.xCol+n-1], w[(rows-1)*t.wRow+(t.cols-1)*t.wCol+n-1]
		tapsSIMD(&tapsArgs{s: &s[0], x: &x[0], w: &w[0], channels: n, rows: rows, cols: t.cols,
			xRow: t.xRow, xCol: t.xCol, wRow: t.wRow, wCol: t.wCol})
	}
}

// tapsGeneric computes s[c] += Σ x[row·xRow + col·xCol + c]·w[row·wRow + col·wCol + c].
func (t taps) tapsGeneric(s []int32, x, w []int8) {
	for row := range t.rows {
		for col := range t.cols {
			w := w[row*t.wRow+col*t.wCol:][:len(s)]
			for c, v := range x[row*t.xRow+col*t.xCol:][:len(s)] {
				s[c] += int32(v) * int32(w[c])
			}
		}
	}
}
