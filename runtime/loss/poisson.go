package loss

import "github.com/nngen/nngen/runtime/vec"

// poissonEpsilon keeps the logarithm finite where a rate is 0.
const poissonEpsilon = 1e-7

// Poisson is the negative log likelihood of counts t under rates y > 0, less a term that
// depends on t alone, as a mean over the outputs: y − t·ln(y + 10⁻⁷).
func Poisson(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	r := newCursor(n, f, w, scale)
	for k := 0; k < n*f; k += chunk {
		m := min(chunk, n*f-k)
		y, t := y[k:][:m], t[k:][:m]
		var x, l [chunk]float32
		for e, v := range y {
			x[e] = v + poissonEpsilon
		}
		vec.Log(l[:m], x[:m])
		for e, v := range y {
			c := r.add(float64(v) - float64(t[e])*float64(l[e]))
			if dy != nil {
				dy[k+e] = c * (1 - t[e]/x[e])
			}
		}
	}
	return r.total
}

// PoissonLog is Poisson whose y are the logarithms of the rates: eʸ − t·y.
func PoissonLog(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	r := newCursor(n, f, w, scale)
	for k := 0; k < n*f; k += chunk {
		m := min(chunk, n*f-k)
		y, t := y[k:][:m], t[k:][:m]
		var x [chunk]float32
		vec.Exp(x[:m], y)
		for e, v := range y {
			c := r.add(float64(x[e]) - float64(t[e])*float64(v))
			if dy != nil {
				dy[k+e] = c * (x[e] - t[e])
			}
		}
	}
	return r.total
}
