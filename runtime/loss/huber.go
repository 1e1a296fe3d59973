package loss

import "github.com/nngen/nngen/runtime/vec/scalar"

// Huber is d²/2 where |d| ≤ δ and δ·(|d| − δ/2) elsewhere, d = y − t, as a mean over the
// outputs; δ > 0. Sums without weights are those of pointwise.
func Huber(n, f int, y, t, w []float32, scale float32, dy []float32, delta float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	if w == nil {
		return pointwise(n, f, y, t, scale, dy,
			func(n int, dy, y, t *float32, c float32) float64 { return huberSIMD(n, dy, y, t, c, delta) },
			func(y, t float32) (cost, derivative float32) { return huber(y, t, delta) })
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 1, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			d := v - t[j]
			k := scalar.Clip(d, -delta, delta)
			// k·(d − k/2): exact in float64 but for the last product.
			s += float64(float64(k) * (float64(d) - 0.5*float64(k)))
			if dy != nil {
				dy[i*f+j] = c * k
			}
		}
		total += float64(mean(wi, s, f))
	}
	return total
}

func huber(y, t, delta float32) (cost, derivative float32) {
	d := y - t
	k := scalar.Clip(d, -delta, delta)
	return k * (d - float32(0.5*k)), k
}
