package loss

// Pinball is the loss of quantiles, (τ − [t < y])·(t − y) = max(τ·(t − y), (τ − 1)·(t − y)), as a mean over the outputs. They
// are in as many blocks of the same size as there are quantiles τ, one block behind another. The derivative at y = t is 0.
//
// Source: Koenker and Bassett, Regression quantiles, Econometrica 46(1), 1978.
//
// It panics if the outputs are no whole number for each quantile.
func Pinball(n, f int, y, t, w []float32, scale float32, dy []float32, quantiles ...float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	block := f / len(quantiles)
	if block*len(quantiles) != f {
		panic("loss: Pinball: the outputs are no whole number for each quantile")
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 1, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			d := t[j] - v
			slope := pinball(d, quantiles[j/block])
			s -= float64(float64(slope) * float64(d)) // exact but for the sum
			if dy != nil {
				dy[i*f+j] = c * slope
			}
		}
		total += float64(mean(wi, s, f))
	}
	return total
}

// pinball returns the derivative of the loss by y, given d = t − y; NaN for NaN.
func pinball(d, tau float32) float32 {
	switch {
	case d > 0:
		return -tau
	case d < 0:
		return 1 - tau
	}
	return d // 0 or NaN
}
