package project_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/project"
)

// node, floats and bytesOf make parts of graphs; several names stand in one text.
func node(op, in, out string) *onnx.Node {
	return &onnx.Node{Op: op, Name: out, In: strings.Fields(in), Out: strings.Fields(out)}
}

func floats(name string, v ...float32) *onnx.Tensor {
	x := &onnx.Tensor{Name: name, Type: 1}
	if len(v) > 1 {
		x.Dims = []int64{int64(len(v))}
	}
	for _, v := range v {
		x.Raw = binary.LittleEndian.AppendUint32(x.Raw, math.Float32bits(v))
	}
	return x
}

func bytesOf(name string, dims []int64, v ...int8) *onnx.Tensor {
	x := &onnx.Tensor{Name: name, Type: 3, Dims: dims}
	for _, v := range v {
		x.Raw = append(x.Raw, byte(v))
	}
	return x
}

// graph4 is a model of four inputs.
func graph4(nodes []*onnx.Node, constants ...*onnx.Tensor) *onnx.Model {
	return &onnx.Model{Opsets: map[string]int64{"": 17}, Graph: &onnx.Graph{Nodes: nodes, Initializers: constants,
		Inputs: []*onnx.Port{{Name: "x", Type: 1, Kind: "tensor", Has: true,
			Dims: []onnx.Dim{{Name: "n"}, {Size: 4, Fixed: true}}}},
		Outputs: []*onnx.Port{{Name: "y", Type: 1, Kind: "tensor", Has: true}}}}
}

// TestTheCoarserOfTwoRoundingsIsTaken imports a graph that rounds one array to steps of 0.02 and of 0.5, and says so.
func TestTheCoarserOfTwoRoundingsIsTaken(t *testing.T) {
	pair := func(x, y, scale string) []*onnx.Node {
		return []*onnx.Node{node("QuantizeLinear", x+" "+scale+" z", y+"q"), node("DequantizeLinear", y+"q "+scale+" z", y)}
	}
	r, err := onnx.Import(graph4(slices.Concat(pair("x", "xd", "s"),
		[]*onnx.Node{node("DequantizeLinear", "w s z", "wd"), node("MatMul", "xd wd", "h")},
		pair("h", "h1", "fine"), pair("h", "h2", "s"), pair("h", "h3", "fine"),
		[]*onnx.Node{node("Add", "h1 h2", "h12"), node("Add", "h12 h3", "y")}),
		bytesOf("w", []int64{4, 3}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), floats("s", 0.5), floats("fine", 0.02),
		bytesOf("z", nil, 0)).Encode(),
		onnx.Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	coarse := false
	for l, x := range r.Int8.Rounded {
		coarse = coarse || strings.HasPrefix(l.Name, "dense") && x.Scale == 0.5
	}
	if all := fmt.Sprint(r.Remarks); !coarse || !strings.Contains(all, "is rounded to steps of") {
		t.Errorf("rounded: %v; remarks: %s", r.Int8.Rounded, all)
	}
}

// TestProductsWithNormsBehindAreRoundedAnew imports a product of integers with a batch norm behind it, which multiplies
// by 4: the package takes the norm into the weights, to which the scales of the file are none.
func TestProductsWithNormsBehindAreRoundedAnew(t *testing.T) {
	m := graph4([]*onnx.Node{
		node("QuantizeLinear", "x s0 z", "xq"), node("DequantizeLinear", "xq s0 z", "xd"),
		node("DequantizeLinear", "w sw z", "wd"), node("MatMul", "xd wd", "h"),
		node("BatchNormalization", "h gamma zeros zeros ones", "n"),
		node("QuantizeLinear", "n s1 z", "nq"), node("DequantizeLinear", "nq s1 z", "nd"),
		node("DequantizeLinear", "v sw z", "vd"), node("MatMul", "nd vd", "y"),
	},
		bytesOf("w", []int64{4, 3}, 127, 10, 20, 30, 127, 5, 60, 70, 127, -80, 90, 100),
		bytesOf("v", []int64{3, 1}, 127, 100, 50),
		floats("s0", 0.01), floats("sw", 0.01), floats("s1", 0.1), bytesOf("z", nil, 0),
		floats("gamma", 4, 4, 4), floats("zeros", 0, 0, 0), floats("ones", 1, 1, 1))
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
