package loss

import "github.com/nngen/nngen/runtime/vec/scalar"

const badLabel = "loss: a label is not the index of a class"

// SparseCrossEntropyLogits is the cross-entropy of softmax(y) against class labels[i], a sum
// over the classes: l − (y[label] − m) with l and m as in [CategoricalCrossEntropyLogits].
// It panics if a label is not in [0, f).
func SparseCrossEntropyLogits(n, f int, y []float32, labels []int32, w []float32, scale float32, dy []float32) float64 {
	check(n, f, y, y, w, dy)
	if len(labels) < n {
		panic(badShape)
	}
	total := 0.0
	for i := range n {
		label := int(labels[i])
		if uint(label) >= uint(f) {
			panic(badLabel)
		}
		y := y[i*f:][:f]
		m := rowMax(y)
		var es [lanes]float32
		for j, v := range y {
			es[j%lanes] += scalar.Exp(v - m)
		}
		sum := fold(&es)
		wi := weight(w, i)
		d := y[label] - m
		if dy != nil {
			c := scale * wi
			r := 1 / sum
			for j, v := range y {
				p := float32(scalar.Exp(v-m) * r)
				if j == label {
					p -= 1
				}
				dy[i*f+j] = c * p
			}
		}
		total += value(wi, scalar.Log(sum), 1, d)
	}
	return total
}
