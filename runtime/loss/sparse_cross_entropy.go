package loss

import (
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/runtime/vec/scalar"
)

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
		m := vec.RowMax(y)
		d := y[label] - m
		wi := weight(w, i)
		var es [lanes]float32
		if dy == nil {
			var e [chunk]float32
			for k := 0; k < f; k += chunk {
				part := e[:min(chunk, f-k)]
				addExp(&es, part, y[k:], m)
			}
		} else {
			row := dy[i*f:][:f]
			addExp(&es, row, y, m)
			c, r := scale*wi, 1/vec.FoldRow(&es)
			for j, e := range row {
				p := float32(e * r)
				if j == label {
					p -= 1
				}
				row[j] = c * p
			}
		}
		sum := vec.FoldRow(&es)
		total += value(wi, scalar.Log(sum), 1, d)
	}
	return total
}

// addExp sets e to exp(y − m) and adds it to the lanes. An earlier call must have taken a
// multiple of as many elements as there are lanes.
func addExp(s *[lanes]float32, e, y []float32, m float32) {
	vec.AddScalar(e, y[:len(e)], -m)
	vec.Exp(e, e)
	for j, v := range e {
		s[j%lanes] += v
	}
}
