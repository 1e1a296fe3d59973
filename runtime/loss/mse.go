package loss

// MSE is the squared error, a mean over the outputs: (y − t)²/f.
func MSE(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 2, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			d := v - t[j]
			s += float64(d) * float64(d)
			if dy != nil {
				dy[i*f+j] = c * d
			}
		}
		total += float64(mean(wi, s, f))
	}
	return total
}
