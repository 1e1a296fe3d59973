package loss

import "github.com/nngen/nngen/runtime/cpu"

// MSE is the squared error, a mean over the outputs: (y − t)²/f. With weights the squares of an
// example are added in order; without, those of all examples are one sum in 8 float64 lanes,
// element k in lane k mod 8, folded by halves.
func MSE(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if n == 0 || f == 0 {
		return 0
	}
	if w != nil {
		return weightedSquaredError(n, f, y, t, w, scale, dy)
	}
	c := factor(scale, 1, 2, f)
	var s [lanes]float64
	if !cpu.HasSIMD() || dy == nil {
		squaredErrorGeneric(n*f, y, t, c, dy, &s)
	} else {
		for k := 0; k < n*f; k += slice {
			cpu.Preempt()
			squaredErrorSIMD(min(slice, n*f-k), &dy[k], &y[k], &t[k], c, &s)
		}
	}
	return foldDoubles(&s) / float64(f)
}

// squaredErrorGeneric adds Σ (y − t)² to the lanes and sets dy = c·(y − t).
func squaredErrorGeneric(n int, y, t []float32, c float32, dy []float32, s *[lanes]float64) {
	t = t[:n]
	for k, v := range y[:n] {
		d := v - t[k]
		s[k%lanes] += float64(d) * float64(d) // the square is exact
		if dy != nil {
			dy[k] = c * d
		}
	}
}

// foldDoubles adds the upper half of the lanes to the lower until one is left.
func foldDoubles(s *[lanes]float64) float64 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

func weightedSquaredError(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	total := 0.0
	for i := range n {
		c := factor(scale, w[i], 2, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			d := v - t[j]
			s += float64(d) * float64(d) // the square is exact
			if dy != nil {
				dy[i*f+j] = c * d
			}
		}
		total += float64(mean(w[i], s, f))
	}
	return total
}
