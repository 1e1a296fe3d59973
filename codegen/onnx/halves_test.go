package onnx

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
)

// TestHalvesStayHalves imports models whose numbers are all of 16 bits: the spec says so, unless constants went into
// the weights, or some numbers are of 32 bits.
func TestHalvesStayHalves(t *testing.T) {
	half := func(name string, dims []int64, bits ...int64) *Tensor {
		return &Tensor{Name: name, Type: 10, Dims: dims, Int32s: bits}
	}
	w := half("w", []int64{4, 2}, 0x3c01, 0x3c00, 0x4000, 0xb800, 0x3555, 0x0001, 0x7bff, 0x8001)
	b := half("b", []int64{2}, 0x3555, 0x3c00)
	third := half("s", nil, 0x3555)
	gemm := []*Node{apply("Gemm", "l", "x w b", "y")}
	for name, c := range map[string]struct {
		nodes   []*Node
		tensors []*Tensor
		halves  bool
		remarks string
	}{
		"all": {gemm, []*Tensor{w, b}, true, ""},
		"scaled": {[]*Node{apply("MatMul", "l", "x w", "h"), apply("Mul", "m", "h s", "y")}, []*Tensor{w, third}, false,
			"the numbers of the model are of float16; those of the network are not all"},
		"matrices": {gemm, []*Tensor{w, floats("b", []int64{2}, 1, 2)}, true, ""},
		"some": {append([]*Node{apply("MatMul", "k", "x v", "h")}, apply("Gemm", "l", "h w b", "y")),
			[]*Tensor{w, b, floats("v", []int64{4, 4}, make([]float32, 16)...)}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := tiny(c.nodes, c.tensors...).imported(Options{Name: "m"})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(r.Spec), "weights: {dtype: float16}"); got != c.halves {
				t.Errorf("halves %v:\n%s", got, r.Spec)
			}
			if !strings.Contains(strings.Join(r.Remarks, "\n"), c.remarks) {
				t.Errorf("remarks %q", r.Remarks)
			}
			if got := strings.Contains(string(r.Weights), `"F16"`); got != c.halves {
				t.Errorf("F16 in the weights: %v", got)
			}
		})
	}
}

// TestHalvesAreExportedAsHalves wants the weights of a spec with 16 bits in as many in its file, but for those that a
// norm went into, and the same network back.
func TestHalvesAreExportedAsHalves(t *testing.T) {
	for _, dtype := range []string{"float16", "bfloat16"} {
		t.Run(dtype, func(t *testing.T) { exportHalves(t, dtype) })
	}
}

func exportHalves(t *testing.T, dtype string) {
	w := build(t, "halves",
		"version: 1\nname: try\ninput: {name: x, shape: [6, 6, 2]}\ntask: regression\nweights: {dtype: "+dtype+"}\n"+
			"layers:\n  - conv2d: {name: c, filters: 4, kernel_size: 3}\n  - relu\n  - flatten\n"+
			"  - dense: {name: h, units: 8, activation: tanh}\n"+
			"  - output: {units: 2}\n")
	for _, p := range w.net.Params {
		net.Round(p, w.ref.Params[p])
	}
	b, err := Export(w.net, w.ref.Params, ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range m.Graph.Initializers {
		if len(x.Dims) > 1 && typeName(x.Type) != dtype {
			t.Errorf("%s is of %s", x.Name, typeName(x.Type))
		}
	}
	r, err := Import(b, Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(r.Spec), "weights: {dtype: "+dtype+"}") {
		t.Errorf("the spec has other weights:\n%s", r.Spec)
	}
	batch := w.batch(3)
	differences, _, err := r.Check([]Array{{Shape: []int{3, 6, 6, 2}, Data: batch.Inputs[0]}}, w.outputsOf(batch))
	if err != nil || differences[0] != 0 {
		t.Errorf("off by %v, %v", differences, err)
	}
	file := filepath.Join(t.TempDir(), "halves.onnx")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	x := map[string]any{"Name": "x", "Dims": []int{3, 6, 6, 2}, "Data": batch.Inputs[0]}
	got := inONNXRuntime(t, map[string]any{"File": file, "Inputs": []any{x}, "Names": []string{w.net.Outputs[0].Name}})[0]
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	for i, v := range w.outputsOf(batch)[0].Data {
		if !(math.Abs(*got.Outputs[0][i]-v) <= 1e-5) {
			t.Errorf("ONNX Runtime gives %g for %g", *got.Outputs[0][i], v)
		}
	}
}
