package onnx

import "testing"

// TestPadsThatCut: what is below 0 takes elements away, first, and what nothing is put around keeps its numbers.
func TestPadsThatCut(t *testing.T) {
	for _, c := range []struct {
		name string
		pads []int64
		want []float64
	}{
		{"constant", []int64{0, -1, 0, -2}, []float64{2}},
		{"constant", []int64{0, -1, 0, 1}, []float64{2, 3, 4, 0.5}},
		{"constant", []int64{0, 1, 0, 2}, []float64{0.5, 1, 2, 3, 4, 0.5, 0.5}},
		{"edge", []int64{0, 2, 0, -1}, []float64{1, 1, 1, 2, 3}},
		{"reflect", []int64{0, 2, 0, -1}, []float64{3, 2, 1, 2, 3}},
		{"wrap", []int64{0, 2, 0, -1}, []float64{2, 3, 1, 2, 3}},
		{"wrap", []int64{0, -1, 0, 2}, []float64{2, 3, 4, 2, 3}},
	} {
		r, err := tiny([]*Node{apply("Pad", "p", "x pads fill", "y", &Attr{Name: "mode", S: c.name})},
			int64s("pads", c.pads...), floats("fill", nil, 0.5)).imported(Options{Name: "m"})
		if err != nil {
			t.Errorf("%s %v: %v", c.name, c.pads, err)
			continue
		}
		d, _, err := r.Check([]Array{rows([][]float64{{1, 2, 3, 4}})}, []Array{rows([][]float64{c.want})})
		if err != nil || d[0] > 1e-6 {
			t.Errorf("%s %v: off by %v, error %v\n%s", c.name, c.pads, d, err, r.Spec)
		}
	}
}

// TestOneFeatureOfEachStep: an axis of one element, which the network's array does not have, is read by weights and
// pads.
func TestOneFeatureOfEachStep(t *testing.T) {
	w := floats("w", []int64{1, 2}, 2, -1)
	for name, c := range map[string]struct {
		nodes []*Node
		want  []float64
	}{
		"product": {[]*Node{apply("MatMul", "m", "s w", "y")}, []float64{2, -1, 4, -2, 6, -3, 8, -4}},
		"residue": {[]*Node{apply("MatMul", "m", "s w", "h"), apply("Mul", "a", "h s", "y")},
			[]float64{2, -1, 8, -4, 18, -9, 32, -16}},
		"pad": {[]*Node{apply("Pad", "p", "s pads", "y", &Attr{Name: "mode", S: "edge"})},
			[]float64{1, 1, 2, 2, 3, 3, 4, 4}},
	} {
		r, err := tiny(append([]*Node{apply("Unsqueeze", "u", "x two", "s")}, c.nodes...), w, int64s("two", 2),
			int64s("pads", 0, 0, 0, 0, 0, 1)).imported(Options{Name: "m"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d, _, err := r.Check([]Array{rows([][]float64{{1, 2, 3, 4}})}, []Array{{Shape: []int{1, 4, 2}, Data: c.want}})
		if err != nil || d[0] > 1e-6 {
			t.Errorf("%s: off by %v, error %v\n%s", name, d, err, r.Spec)
		}
	}
}
