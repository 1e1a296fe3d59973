package loss

import (
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

// BinaryCrossEntropyLogits is the cross-entropy of sigmoid(y) against t in [0, 1], a mean
// over the outputs: max(y, 0) − y·t + ln(1 + e^−|y|), which neither overflows nor cancels.
// The derivative is sigmoid(y) − t. Sums without weights are those of pointwise.
func BinaryCrossEntropyLogits(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, t, w, dy)
	if w == nil && f > 0 {
		return pointwise(n, f, y, t, scale, dy, binaryCrossEntropySIMD, binaryCrossEntropy)
	}
	r := newCursor(n, f, w, scale)
	for k := 0; k < n*f; k += chunk {
		m := min(chunk, n*f-k)
		y, t := y[k:][:m], t[k:][:m]
		var soft, p [chunk]float32 // ln(1 + e^−|y|), sigmoid(y)
		for e, v := range y {
			soft[e] = -scalar.Abs(v)
		}
		vec.Softplus(soft[:m], soft[:m])
		if dy != nil {
			vec.Sigmoid(p[:m], y)
		}
		for e, v := range y {
			c := r.add((float64(scalar.ReLU(v)) - float64(v)*float64(t[e])) + float64(soft[e]))
			if dy != nil {
				dy[k+e] = c * (p[e] - t[e])
			}
		}
	}
	return r.total
}

func binaryCrossEntropy(y, t float32) (cost, derivative float32) {
	first := scalar.ReLU(y) - float32(y*t)
	return first + scalar.Softplus(-scalar.Abs(y)), scalar.Sigmoid(y) - t
}
