package loss

// Hinge is max(0, 1 − s·y), a mean over the outputs, where s is 1 for targets above 0 and −1
// for others: targets may be 0 and 1 as well as −1 and 1. The derivative where s·y = 1 is 0.
// Sums without weights are those of pointwise.
func Hinge(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	if w == nil {
		return pointwise(n, f, y, t, scale, dy, hingeSIMD, hinge)
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 1, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		sum := 0.0
		for j, v := range y {
			s := side(t[j])
			m := 1 - float64(s)*float64(v) // the product is exact
			g := float32(0)
			if !(m <= 0) {
				sum += m
				g = -s
			}
			if dy != nil {
				dy[i*f+j] = c * g
			}
		}
		total += float64(mean(wi, sum, f))
	}
	return total
}

func hinge(y, t float32) (cost, derivative float32) {
	s := side(t)
	if m := 1 - float32(s*y); !(m <= 0) {
		return m, -s
	}
	return 0, 0
}
