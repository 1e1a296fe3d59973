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
