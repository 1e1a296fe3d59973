package onnx

import (
	"strings"
	"testing"
)

// TestEachStepOfAFrontIsImported reads two scalers, one behind the other, neither of which has one factor for all
// features: each is a step of preprocessing with numbers of its own.
func TestEachStepOfAFrontIsImported(t *testing.T) {
	r, err := tiny([]*Node{
		apply("Sub", "a", "x c", "h"), apply("Mul", "b", "h s", "i"),
		apply("Sub", "c", "i d", "j"), apply("Mul", "d", "j u", "k"), apply("MatMul", "e", "k w", "y"),
	}, floats("c", []int64{4}, 1, 2, 3, 4), floats("s", []int64{4}, 2, 3, 4, 5),
		floats("d", []int64{4}, -1, 0, 1, 2), floats("u", []int64{4}, 0.5, 0.25, 2, 4),
		floats("w", []int64{4, 1}, 1, 10, 100, 1000)).imported(Options{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	// ((1−1)·2+1)·0.5 + ((4−2)·3)·0.25·10 + ((3−3)·4−1)·2·100 + ((6−4)·5−2)·4·1000
	d, _, err := r.Check([]Array{{Shape: []int{1, 4}, Data: []float64{1, 4, 3, 6}}},
		[]Array{{Shape: []int{1, 1}, Data: []float64{0.5 + 15 - 200 + 32000}}})
	if err != nil {
		t.Fatal(err)
	}
	if d[0] != 0 || strings.Count(string(r.Spec), "standardize: {}") != 2 {
		t.Errorf("off by %v\n%s", d, r.Spec)
	}
}

// TestStepsOfASpecComeBackFromNodes reads an exported spec of two steps by its nodes alone.
func TestStepsOfASpecComeBackFromNodes(t *testing.T) {
	w := build(t, "two", "version: 1\nname: two\ninput: {name: x, shape: [2]}\npreprocess: [standardize, min_max]\n"+
		"task: regression\nlayers:\n  - dense: {units: 3, activation: tanh}\n  - output: {units: 1}\n")
	file, err := Export(w.net, w.ref.Params, ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r := again(t, withoutSource(t, file)); strings.Count(string(r.Spec), "standardize: {}") != 2 {
		t.Errorf("the spec is\n%s", r.Spec)
	}
}
