package quant

import "github.com/nngen/nngen/runtime/pool"

// Max computes the largest number of each window of n images; y has the scale and the zero of x. The arrays must not
// overlap. It does not allocate, and panics if a slice is too short.
func Max(n int, w pool.Window, y, x []int8) {
	checkPool(n, &w, len(y), len(x))
	if ((w.OW-1)*w.SW+w.FW)*w.C <= tinyChunk {
		maxTiny(n, &w, y, x)
		return
	}
	var line [chunk + 15]int8
	maxRows(n, &w, y, x, line[:])
}

func maxTiny(n int, w *pool.Window, y, x []int8) {
	var line [tinyChunk + 15]int8
	maxRows(n, w, y, x, line[:])
}

// maxRows is Max with memory for the largest numbers of the rows of some windows, and for what a kernel reads behind them.
// A pixel of very many channels does not fit.
func maxRows(n int, w *pool.Window, y, x, line []int8) {
	room := (len(line) - 15) / w.C
	width := min(w.OW, (room-w.FW)/w.SW+1)
	for i := range n * w.OH {
		x, oh := x[i/w.OH*w.H*w.W*w.C:][:w.H*w.W*w.C], i%w.OH
		top, bottom := max(oh*w.SH-w.PT, 0), min(oh*w.SH-w.PT+w.FH, w.H)
		if room < w.FW {
			for ow := range w.OW {
				left, right := max(ow*w.SW-w.PL, 0), min(ow*w.SW-w.PL+w.FW, w.W)
				windowMax(y[(i*w.OW+ow)*w.C:][:w.C], x[(top*w.W+left)*w.C:], bottom-top, right-left, w.W*w.C)
			}
			continue
		}
		for ow := 0; ow < w.OW; ow += width {
			width := min(width, w.OW-ow)
			left := ow*w.SW - w.PL
			right := left + (width-1)*w.SW + w.FW
			line := line[:(right-left)*w.C+15]
			before, inside := max(-left, 0)*w.C, (min(right, w.W)-max(left, 0))*w.C
			lowest(line[:before])
			lowest(line[before+inside:])
			largest(line[before:][:inside], x[(top*w.W+max(left, 0))*w.C:], bottom-top, w.W*w.C)
			windows(y[(i*w.OW+ow)*w.C:], line, width, w.FW, w.C, w.SW*w.C)
		}
	}
}

// lowest fills x with the number that changes no maximum.
func lowest(x []int8) {
	for i := range x {
		x[i] = -128
	}
}

// Average computes the mean of each window of n images, rounded, halves away from 0, as TensorFlow Lite does; y has the
// scale and the zero of x. The arrays must not overlap. It does not allocate, and panics if a slice is too short.
func Average(n int, w pool.Window, y, x []int8) {
	checkPool(n, &w, len(y), len(x))
	for i := range n * w.OH * w.OW {
		x, oh, ow := x[i/(w.OH*w.OW)*w.H*w.W*w.C:], i/w.OW%w.OH, i%w.OW
		top, bottom := max(oh*w.SH-w.PT, 0), min(oh*w.SH-w.PT+w.FH, w.H)
		left, right := max(ow*w.SW-w.PL, 0), min(ow*w.SW-w.PL+w.FW, w.W)
		average(y[i*w.C:][:w.C], x[(top*w.W+left)*w.C:], bottom-top, right-left, w.W*w.C)
	}
}

func checkPool(n int, w *pool.Window, y, x int) {
	if n < 0 || min(w.H, w.W, w.C, w.OH, w.OW, w.FH, w.FW, w.SH, w.SW) < 1 || min(w.PT, w.PL) < 0 {
		panic(badSize)
	}
	if x < n*w.H*w.W*w.C || y < n*w.OH*w.OW*w.C {
		panic(badShape)
	}
}

// windowMax computes the largest numbers of the channels of a window of some rows and columns, the rows being step numbers
// apart.
func windowMax(y, x []int8, rows, cols, step int) {
	copy(y, x)
	for r := range rows {
		for s := range cols {
			for c, v := range x[r*step+s*len(y):][:len(y)] {
				y[c] = max(y[c], v)
			}
		}
	}
}

// largestGeneric computes y[i] = max x[i + r·step] over some rows r.
func largestGeneric(y, x []int8, rows, step int) {
	copy(y, x)
	for r := 1; r < rows; r++ {
		for i, v := range x[r*step:][:len(y)] {
			y[i] = max(y[i], v)
		}
	}
}

// windowsGeneric computes y[i·c + j] = max x[i·step + s·c + j] over cols numbers s, for the c channels j of some windows i.
func windowsGeneric(y, x []int8, count, cols, c, step int) {
	for i := range count {
		windowMax(y[i*c:][:c], x[i*step:], 1, cols, 0)
	}
}

// average computes the means of the channels of a window, as windowMax.
func average(y, x []int8, rows, cols, step int) {
	t := taps{rows: rows, cols: cols, xRow: step, xCol: len(y)}
	count := int32(rows * cols)
	for len(y) > 0 {
		var s, none [len(ones)]int32
		n := min(len(y), len(s))
		t.sums(1, n, 0, 0, s[:], none[:], x, ones[:])
		for c, sum := range s[:n] {
			half := count / 2
			if sum < 0 {
				half = -half
			}
			y[c] = int8((sum + half) / count)
		}
		if y = y[n:]; len(y) > 0 {
			x = x[n:]
		}
	}
}

// ones are the weights of a sum.
var ones = [2 * panel]int8{
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
}
