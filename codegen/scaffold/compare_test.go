package scaffold

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/onnx"
)

// TestWeightsOfIntegersAreComparedAsOthers imports y = 0.5·(x₁ + 2x₂), of which the model holds the weights as 8-bit
// integers: outputs that are other ones are an error, but where the model rounds what a layer gives.
func TestWeightsOfIntegersAreComparedAsOthers(t *testing.T) {
	node := func(op, in, out string) *onnx.Node {
		return &onnx.Node{Op: op, Name: out, In: strings.Fields(in), Out: strings.Fields(out)}
	}
	weights := []*onnx.Node{node("DequantizeLinear", "w s z", "wd")}
	rounding := []*onnx.Node{node("DequantizeLinear", "w s z", "wd"), node("MatMul", "x wd", "h"),
		node("QuantizeLinear", "h s z", "hq"), node("DequantizeLinear", "hq s z", "y")}
	for i, c := range []struct {
		nodes []*onnx.Node
		y     float32
		wrong bool
	}{
		{append(weights, node("MatMul", "x wd", "y")), 2.5, false},
		{append(weights, node("MatMul", "x wd", "y")), 2.25, true},
		{rounding, 2.25, false},
	} {
		dir := t.TempDir()
		m := &onnx.Model{Opsets: map[string]int64{"": 17}, Graph: &onnx.Graph{Nodes: c.nodes,
			Initializers: []*onnx.Tensor{
				{Name: "w", Type: 3, Dims: []int64{2, 1}, Raw: []byte{1, 2}}, {Name: "z", Type: 3, Raw: []byte{0}},
				{Name: "s", Type: 1, Raw: binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.5))},
			},
			Inputs: []*onnx.Port{{Name: "x", Type: 1, Kind: "tensor", Has: true,
				Dims: []onnx.Dim{{Name: "n"}, {Size: 2, Fixed: true}}}},
			Outputs: []*onnx.Port{{Name: "y", Type: 1, Kind: "tensor", Has: true}},
		}}
		write := func(name string, b []byte) string {
			name = filepath.Join(dir, name)
			if err := os.WriteFile(name, b, 0o644); err != nil {
				t.Fatal(err)
			}
			return name
		}
		array := func(name string, v ...float32) string {
			head := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (1, %d)}\n", len(v))
			b := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), 0)
			b = append(b, head...)
			for _, v := range v {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
			return write(name, b)
		}
		write("go.mod", []byte("module example.com/m\n\ngo 1.24\n"))
		_, err := Model(ModelOptions{File: write("m.onnx", m.Encode()), Folder: filepath.Join(dir, "net"),
			Inputs: []string{array("x.npy", 1, 2)}, Outputs: []string{array("y.npy", c.y)}})
		if wrong := err != nil && strings.Contains(err.Error(), "another result"); wrong != c.wrong || err != nil && !wrong {
			t.Errorf("model %d: %v", i, err)
		}
	}
}
