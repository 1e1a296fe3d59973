package loss

import "github.com/nngen/nngen/runtime/vec"

// LogCosh is ln cosh(y − t), a mean over the outputs.
func LogCosh(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	r := newCursor(n, f, w, scale)
	for k := 0; k < n*f; k += chunk {
		m := min(chunk, n*f-k)
		var d, l [chunk]float32
		vec.Sub(d[:m], y[k:][:m], t[k:][:m])
		vec.LogCosh(l[:m], d[:m])
		if dy != nil {
			vec.Tanh(d[:m], d[:m])
		}
		for e, v := range l[:m] {
			c := r.add(float64(v))
			if dy != nil {
				dy[k+e] = c * d[e]
			}
		}
	}
	return r.total
}
