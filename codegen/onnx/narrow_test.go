package onnx

import (
	"strings"
	"testing"
)

// TestNumbersOf16BitsAreRoundedOrTold: a constant that a model casts to 16 bits is rounded, exactly; an activation is
// not, which a remark says by the node, as of an input of 16 bits.
func TestNumbersOf16BitsAreRoundedOrTold(t *testing.T) {
	const third = float32(1) / 3
	weights := floats("w", []int64{4, 1}, third, third, third, third)
	half := &Tensor{Name: "w", Type: typeFloat16, Dims: []int64{4, 1}, Raw: []byte{0, 0x3c, 0, 0x3c, 0, 0x3c, 0, 0x3c}}
	for _, c := range []struct {
		name   string
		nodes  []*Node
		w      *Tensor
		input  int32
		remark string
		want   float64 // of ones, by the operator
	}{
		{"constant in float16", []*Node{apply("Cast", "a", "w", "v", intAttr("to", typeFloat16)),
			apply("Cast", "b", "v", "u", intAttr("to", typeFloat)), apply("MatMul", "m", "x u", "y")}, weights, typeFloat, "",
			4 * 0.333251953125},
		{"constant in bfloat16", []*Node{apply("Cast", "a", "w", "v", intAttr("to", typeBFloat16)),
			apply("Cast", "b", "v", "u", intAttr("to", typeFloat)), apply("MatMul", "m", "x u", "y")}, weights, typeFloat, "",
			4 * 0.333984375},
		{"activation", []*Node{apply("Cast", "a", "x", "v", intAttr("to", typeFloat16)),
			apply("Cast", "b", "v", "u", intAttr("to", typeFloat)), apply("MatMul", "m", "u w", "y")}, weights, typeFloat,
			`Cast "a" to float16 → dropped: the network computes in float32, and what the model rounds there differs`,
			4 * float64(third)},
		{"input", []*Node{apply("MatMul", "m", "x w", "y")}, half, typeFloat16,
			`input "x" is of float16, in which the model computes: the network computes in float32`, 4},
	} {
		m := tiny(c.nodes, c.w)
		m.Graph.Inputs[0].Type = c.input
		r, err := m.imported(Options{Name: "m", Task: "regression"})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if told := strings.Join(r.Remarks, "\n"); !strings.Contains(told, c.remark) ||
			c.remark == "" && strings.Contains(told, "float16") {
			t.Errorf("%s: remarks %q, want %q", c.name, told, c.remark)
		}
		off, _, err := r.Check([]Array{{Shape: []int{1, 4}, Data: []float64{1, 1, 1, 1}}},
			[]Array{{Shape: []int{1, 1}, Data: []float64{c.want}}})
		if err != nil || off[0] > 1e-7 {
			t.Errorf("%s: off by %v, %v", c.name, off, err)
		}
	}
}

// TestTransposedConvolutionsBeyondTheirFiltersAreTold: by auto_pad they give more than the filters reach, where ONNX
// Runtime does not. Where the filters reach as far, or output_padding makes up for it, there is nothing to tell.
func TestTransposedConvolutionsBeyondTheirFiltersAreTold(t *testing.T) {
	for _, c := range []struct {
		auto            string
		kernel, padding int
		remark          string
	}{
		{"SAME_UPPER", 2, 0, "gives [6 6] elements, as the network does, of which ONNX Runtime leaves out what no filter " +
			"reaches, and gives [5 5]"},
		{"SAME_LOWER", 1, 1, "gives [6 6] elements, as the network does, of which ONNX Runtime leaves out what no filter " +
			"reaches, and gives [5 5]"},
		{"SAME_LOWER", 2, 1, ""},
		{"SAME_UPPER", 3, 0, ""},
		{"SAME_UPPER", 4, 0, ""},
		{"VALID", 2, 0, ""},
	} {
		k := int64(c.kernel)
		m := tiny([]*Node{apply("ConvTranspose", "ct", "x w", "y", wordAttr("auto_pad", c.auto), intsAttr("strides", 3, 3),
			intsAttr("output_padding", c.padding, c.padding))},
			floats("w", []int64{1, 1, k, k}, make([]float32, k*k)...))
		m.Graph.Inputs[0].Dims = []Dim{{Name: "n"}, {Size: 1, Fixed: true}, {Size: 2, Fixed: true}, {Size: 2, Fixed: true}}
		r, err := m.imported(Options{Name: "m", Task: "regression"})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if told := strings.Join(r.Remarks, "\n"); !strings.Contains(told, c.remark) ||
			strings.Contains(told, `ConvTranspose "ct"`) != (c.remark != "") {
			t.Errorf("%+v: remarks %q", c, told)
		}
	}
}
