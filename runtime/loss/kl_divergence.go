package loss

import "github.com/nngen/nngen/runtime/vec/scalar"

// KLDivergenceLogits is the divergence of softmax(y) from the distribution t, a sum over
// the classes: Σⱼ t[j]·(ln t[j] − ln softmax(y)[j]). A class with t = 0 adds nothing. The
// derivative is that of [CategoricalCrossEntropyLogits] without smoothing.
func KLDivergenceLogits(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
	cross := CategoricalCrossEntropyLogits(n, f, y, t, w, scale, dy, 0)
	entropy := 0.0
	for i := range n {
		s := 0.0
		for _, p := range t[i*f:][:f] {
			if p != 0 {
				s += float64(p) * float64(scalar.Log(p))
			}
		}
		entropy += float64(float64(weight(w, i)) * s)
	}
	return cross + entropy
}
