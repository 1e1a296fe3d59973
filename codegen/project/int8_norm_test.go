package project_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/project"
)

// TestProductsWithNormsBehindAreRoundedAnew imports a product of integers with a batch norm behind it, which multiplies
// by 4: the package takes the norm into the weights, to which the scales of the file are none.
func TestProductsWithNormsBehindAreRoundedAnew(t *testing.T) {
	node := func(op, in, out string) *onnx.Node {
		return &onnx.Node{Op: op, Name: out, In: strings.Fields(in), Out: strings.Fields(out)}
	}
	floats := func(name string, v ...float32) *onnx.Tensor {
		x := &onnx.Tensor{Name: name, Type: 1}
		if len(v) > 1 {
			x.Dims = []int64{int64(len(v))}
		}
		for _, v := range v {
			x.Raw = binary.LittleEndian.AppendUint32(x.Raw, math.Float32bits(v))
		}
		return x
	}
	bytes := func(name string, dims []int64, v ...int8) *onnx.Tensor {
		x := &onnx.Tensor{Name: name, Type: 3, Dims: dims}
		for _, v := range v {
			x.Raw = append(x.Raw, byte(v))
		}
		return x
	}
	m := &onnx.Model{Opsets: map[string]int64{"": 17}, Graph: &onnx.Graph{
		Nodes: []*onnx.Node{
			node("QuantizeLinear", "x s0 z", "xq"), node("DequantizeLinear", "xq s0 z", "xd"),
			node("DequantizeLinear", "w sw z", "wd"), node("MatMul", "xd wd", "h"),
			node("BatchNormalization", "h gamma zeros zeros ones", "n"),
			node("QuantizeLinear", "n s1 z", "nq"), node("DequantizeLinear", "nq s1 z", "nd"),
			node("DequantizeLinear", "v sw z", "vd"), node("MatMul", "nd vd", "y"),
		},
		Initializers: []*onnx.Tensor{
			bytes("w", []int64{4, 3}, 127, 10, 20, 30, 127, 5, 60, 70, 127, -80, 90, 100), bytes("v", []int64{3, 1}, 127, 100, 50),
			floats("s0", 0.01), floats("sw", 0.01), floats("s1", 0.1), bytes("z", nil, 0),
			floats("gamma", 4, 4, 4), floats("zeros", 0, 0, 0), floats("ones", 1, 1, 1),
		},
		Inputs: []*onnx.Port{{Name: "x", Type: 1, Kind: "tensor", Has: true,
			Dims: []onnx.Dim{{Name: "n"}, {Size: 4, Fixed: true}}}},
		Outputs: []*onnx.Port{{Name: "y", Type: 1, Kind: "tensor", Has: true}},
	}}
	r, err := onnx.Import(m.Encode(), onnx.Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	q, err := project.Int8OfModel(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = 9.6586 // 0.01·(1, 0.5, -0.25, 0.75)·w·4, times 0.01·v
	x := [][]float64{{1, 0.5, -0.25, 0.75}}
	if got := q.Network.Outputs(q.Network.Reference(q.Numbers, 1, x, nil))[0][0]; math.Abs(got-want) > 0.15 {
		t.Errorf("the output is %v, want %v up to steps of 0.1 and 0.01", got, want)
	}
	if all := strings.Join(q.Remarks, "\n"); !strings.Contains(all, "are rounded anew") {
		t.Errorf("remarks: %q", all)
	}
}
