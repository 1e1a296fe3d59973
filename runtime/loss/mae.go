package loss

import "github.com/nngen/nngen/runtime/vec/scalar"

// MAE is the absolute error, a mean over the outputs: |y − t|/f. The derivative at y = t is 0. Sums without weights
// are those of pointwise.
func MAE(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	if w == nil {
		return pointwise(n, f, y, t, scale, dy, absoluteErrorSIMD, absoluteError)
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 1, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			d := v - t[j]
			s += float64(scalar.Abs(d))
			if dy != nil {
				dy[i*f+j] = c * scalar.Sign(d)
			}
		}
		total += float64(mean(wi, s, f))
	}
	return total
}

func absoluteError(y, t float32) (cost, derivative float32) {
	d := y - t
	return scalar.Abs(d), scalar.Sign(d)
}
