package pool

// Average computes the mean of each window: the sum of its elements over their number.
func Average(n int, w Window, y, x []float32) {
	w.check(n, x, y)
	for i := range n {
		y, x := y[i*w.out():][:w.out()], x[i*w.in():][:w.in()]
		for oh := range w.OH {
			top, bottom := span(oh, w.SH, w.PT, w.FH, w.H)
			for ow := range w.OW {
				left, right := span(ow, w.SW, w.PL, w.FW, w.W)
				out := y[(oh*w.OW+ow)*w.C:][:w.C]
				clear(out)
				for r := top; r < bottom; r++ {
					for s := left; s < right; s++ {
						for c, v := range x[(r*w.W+s)*w.C:][:w.C] {
							out[c] += v
						}
					}
				}
				count := float32((bottom - top) * (right - left))
				for c := range out {
					out[c] /= count
				}
			}
		}
	}
}

// AverageGrad computes dx from dy: each element has its share of the dy of every window that it is in.
func AverageGrad(n int, w Window, dx, dy []float32) {
	w.check(n, dx, dy)
	clear(dx[:n*w.in()])
	for i := range n {
		dy, dx := dy[i*w.out():][:w.out()], dx[i*w.in():][:w.in()]
		for oh := range w.OH {
			top, bottom := span(oh, w.SH, w.PT, w.FH, w.H)
			for ow := range w.OW {
				left, right := span(ow, w.SW, w.PL, w.FW, w.W)
				count := float32((bottom - top) * (right - left))
				for c, d := range dy[(oh*w.OW+ow)*w.C:][:w.C] {
					share := d / count
					for r := top; r < bottom; r++ {
						for s := left; s < right; s++ {
							dx[(r*w.W+s)*w.C+c] += share
						}
					}
				}
			}
		}
	}
}
