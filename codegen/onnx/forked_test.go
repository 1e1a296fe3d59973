package onnx

import (
	"slices"
	"testing"
)

// TestStepsBeforeANetworkAreReadInSeveralWays: what is scaled is read as it is and scaled once more, at each place of a
// chain of such steps.
func TestStepsBeforeANetworkAreReadInSeveralWays(t *testing.T) {
	first := []*Node{apply("Sub", "s", "x a", "c"), apply("Mul", "m", "c k", "v")}
	for name, c := range map[string]struct {
		nodes []*Node
		want  []float64
	}{
		"product and sum": {[]*Node{apply("MatMul", "w1", "v w", "p"), apply("Add", "b", "v a", "q"),
			apply("Concat", "j", "p q", "y", &Attr{Name: "axis", I: 1})}, []float64{-58, 1, 8, 9, -16}},
		"opposite": {[]*Node{apply("MatMul", "w1", "c w", "p"), apply("Sub", "b", "k c", "q"),
			apply("Concat", "j", "p q", "y", &Attr{Name: "axis", I: 1})}, []float64{34, 2, 1, 1, -9}},
		"chain": {[]*Node{apply("Add", "b", "v a", "q"), apply("Mul", "d", "q k", "r"), apply("Sub", "e", "k r", "u"),
			apply("Concat", "j", "v u", "y", &Attr{Name: "axis", I: 1})}, []float64{0, 6, 6, -20, 0, -21, -24, -85}},
	} {
		r, err := tiny(slices.Concat(first, c.nodes), floats("a", []int64{4}, 1, 2, 3, 4), floats("k", []int64{4}, 2, 3, 3, -5),
			floats("w", []int64{4, 1}, 1, 6, 1, 5)).imported(Options{Name: "m"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d, _, err := r.Check([]Array{rows([][]float64{{1, 4, 5, 8}})}, []Array{rows([][]float64{c.want})})
		if err != nil || d[0] > 1e-5 {
			t.Errorf("%s: off by %v, error %v\n%s", name, d, err, r.Spec)
		}
	}
}
