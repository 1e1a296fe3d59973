package pool

import "github.com/nngen/nngen/runtime/vec/scalar"

// Max computes the largest element of each window; NaN if one is NaN.
func Max(n int, w Window, y, x []float32) {
	w.check(n, x, y)
	for i := range n {
		maxGeneric(&w, y[i*w.out():][:w.out()], x[i*w.in():][:w.in()])
	}
}

func maxGeneric(w *Window, y, x []float32) {
	for oh := range w.OH {
		top, bottom := span(oh, w.SH, w.PT, w.FH, w.H)
		for ow := range w.OW {
			left, right := span(ow, w.SW, w.PL, w.FW, w.W)
			out := y[(oh*w.OW+ow)*w.C:][:w.C]
			copy(out, x[(top*w.W+left)*w.C:])
			for r := top; r < bottom; r++ {
				for s := left; s < right; s++ {
					if r == top && s == left {
						continue
					}
					for c, v := range x[(r*w.W+s)*w.C:][:w.C] {
						out[c] = scalar.Max(out[c], v)
					}
				}
			}
		}
	}
}

// MaxGrad computes dx from dy, x and y = Max(x): each dy goes to the first element of its window, by rows,
// that is the largest, or NaN.
func MaxGrad(n int, w Window, dx, dy, x, y []float32) {
	w.check(n, x, y)
	w.check(n, dx, dy)
	clear(dx[:n*w.in()])
	for i := range n {
		in, out := i*w.in(), i*w.out()
		maxGradGeneric(&w, dx[in:][:w.in()], dy[out:][:w.out()], x[in:][:w.in()], y[out:][:w.out()])
	}
}

// maxGradGeneric adds to dx.
func maxGradGeneric(w *Window, dx, dy, x, y []float32) {
	for oh := range w.OH {
		top, bottom := span(oh, w.SH, w.PT, w.FH, w.H)
		for ow := range w.OW {
			left, right := span(ow, w.SW, w.PL, w.FW, w.W)
			for c := range w.C {
				at := (oh*w.OW+ow)*w.C + c
			window:
				for r := top; r < bottom; r++ {
					for s := left; s < right; s++ {
						k := (r*w.W+s)*w.C + c
						if v := x[k]; v == y[at] || v != v {
							dx[k] += dy[at]
							break window
						}
					}
				}
			}
		}
	}
}
