package quant

import "github.com/nngen/nngen/runtime/pool"

// Max computes the largest number of each window of n images; y has the scale and the zero of x. The arrays must not
// overlap. It does not allocate, and panics if a slice is too short.
func Max(n int, w pool.Window, y, x []int8) { reduce(n, &w, y, x, false) }

// Average computes the mean of each window of n images, rounded, halves away from 0, as TensorFlow Lite does; y has the
// scale and the zero of x. The arrays must not overlap. It does not allocate, and panics if a slice is too short.
func Average(n int, w pool.Window, y, x []int8) { reduce(n, &w, y, x, true) }

// reduce computes the mean or the largest number of each window.
func reduce(n int, w *pool.Window, y, x []int8, mean bool) {
	if n < 0 || min(w.H, w.W, w.C, w.OH, w.OW, w.FH, w.FW, w.SH, w.SW) < 1 || min(w.PT, w.PL) < 0 {
		panic(badSize)
	}
	in, out := w.H*w.W*w.C, w.OH*w.OW*w.C
	if len(x) < n*in || len(y) < n*out {
		panic(badShape)
	}
	for i := range n {
		x := x[i*in:][:in]
		for oh := range w.OH {
			top, bottom := max(oh*w.SH-w.PT, 0), min(oh*w.SH-w.PT+w.FH, w.H)
			for ow := range w.OW {
				left, right := max(ow*w.SW-w.PL, 0), min(ow*w.SW-w.PL+w.FW, w.W)
				to := y[i*out+(oh*w.OW+ow)*w.C:][:w.C]
				if mean {
					average(to, x[(top*w.W+left)*w.C:], bottom-top, right-left, w.W*w.C)
				} else {
					largest(to, x[(top*w.W+left)*w.C:], bottom-top, right-left, w.W*w.C)
				}
			}
		}
	}
}

// largest computes the maxima of the channels of a window of some rows and columns, the rows being step numbers apart.
func largest(y, x []int8, rows, cols, step int) {
	copy(y, x)
	for r := range rows {
		for s := range cols {
			for c, v := range x[r*step+s*len(y):][:len(y)] {
				y[c] = max(y[c], v)
			}
		}
	}
}

// average computes the means of the channels of a window, as largest.
func average(y, x []int8, rows, cols, step int) {
	count := int32(rows * cols)
	for c := range y {
		sum := int32(0)
		for r := range rows {
			for s := range cols {
				sum += int32(x[r*step+s*len(y)+c])
			}
		}
		half := count / 2
		if sum < 0 {
			half = -half
		}
		y[c] = int8((sum + half) / count)
	}
}
