package loss

import "github.com/nngen/nngen/runtime/vec/scalar"

// BinaryCrossEntropyLogits is the cross-entropy of sigmoid(y) against t in [0, 1], a mean
// over the outputs: max(y, 0) − y·t + ln(1 + e^−|y|), which neither overflows nor cancels.
// The derivative is sigmoid(y) − t.
func BinaryCrossEntropyLogits(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if f == 0 {
		return 0
	}
	total := 0.0
	for i := range n {
		wi := weight(w, i)
		c := factor(scale, wi, 1, f)
		y, t := y[i*f:][:f], t[i*f:][:f]
		s := 0.0
		for j, v := range y {
			s += (float64(scalar.ReLU(v)) - float64(v)*float64(t[j])) + float64(scalar.Softplus(-scalar.Abs(v)))
			if dy != nil {
				dy[i*f+j] = c * (scalar.Sigmoid(v) - t[j])
			}
		}
		total += float64(mean(wi, s, f))
	}
	return total
}
