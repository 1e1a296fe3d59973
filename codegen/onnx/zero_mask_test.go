package onnx

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestBiasesOfAttentionsStayTrainable: a mask that forbids keys is none that training moves, but a bias of each head is,
// also one of zeros.
func TestBiasesOfAttentionsStayTrainable(t *testing.T) {
	low := float32(math.Inf(-1))
	for _, c := range []struct {
		name   string
		second []float32 // of the second head; that of the first is 0 0 0 0
		frozen int       // heads
	}{
		{"a bias", []float32{0, 0.5, 0, 0}, 0},
		{"a mask", []float32{0, low, 0, 0}, 1},
	} {
		w := floats("w", []int64{4, 4}, 1, 2, 0, 1, 0, 1, 1, 0, 1, 0, 2, 1, 0, 0, 1, 1)
		m := tiny([]*Node{
			apply("MatMul", "a", "x w", "q"),
			apply("Attention", "b", "q q q m", "y", intAttr("q_num_heads", 2), intAttr("kv_num_heads", 2)),
		}, w, floats("m", []int64{2, 2, 2}, slices.Concat(make([]float32, 4), c.second)...))
		m.Opsets[""] = 23
		m.Graph.Inputs[0].Dims = []Dim{{Name: "n"}, {Size: 2, Fixed: true}, {Size: 4, Fixed: true}}
		r, err := m.imported(Options{Name: "m", Task: "regression"})
		if err != nil {
			t.Fatal(err)
		}
		s := string(r.Spec)
		if strings.Count(s, "encoding: learned") != 2 || strings.Count(s, "trainable: false") != c.frozen {
			t.Errorf("%s, want %d of 2 frozen:\n%s", c.name, c.frozen, s)
		}
	}
}
