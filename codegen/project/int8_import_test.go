package project_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/spec"
)

// TestInt8ExportsComeBack imports the files that networks of 8-bit integers are written as, and wants the same integers
// of predictions: the same ranges, kernels and factors. So do files whose activations are unsigned, as other tools
// write them.
func TestInt8ExportsComeBack(t *testing.T) {
	for i := range 2 * len(int8Networks) {
		w := int8Network(t, int8Networks[i/2])
		b, err := onnx.Export(w.network, w.ref.Params, onnx.ExportOptions{Int8: project.Int8ONNX(w.q, w.all)})
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			b = unsigned(t, b)
		}
		r, err := onnx.Import(b, onnx.Options{Name: "again"})
		if err != nil {
			t.Fatal(err)
		}
		m, err := project.Int8OfModel(r)
		if err != nil {
			t.Errorf("network %d: %v\n%s", i, err, r.Spec)
			continue
		}
		want := w.q.Outputs(w.q.Reference(w.all, int8Rows, [][]float64{w.x}, nil))[0]
		got := m.Network.Outputs(m.Network.Reference(m.Numbers, int8Rows, [][]float64{w.x}, nil))[0]
		if !slices.Equal(got, want) {
			t.Errorf("network %d: other predictions\n%s", i, m.Spec)
		}
		if len(m.Remarks) > 0 || !bytes.Contains(m.Spec, []byte("quantize: {}")) {
			t.Errorf("network %d: %q\n%s", i, m.Remarks, m.Spec)
		}
		mine := integersOf(w.q, w.all)
		if theirs := integersOf(m.Network, m.Numbers); mine != theirs {
			t.Errorf("network %d: the arrays are\n%s\nwant\n%s", i, theirs, mine)
		}
	}
}

// unsigned turns the zero points of activations from int8 into the same numbers among those of uint8.
func unsigned(t *testing.T, b []byte) []byte {
	m, err := onnx.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	zeros := 0
	for _, x := range m.Graph.Initializers {
		if strings.HasPrefix(x.Name, "const.int8.") {
			x.Type, x.Raw = 2, []byte{x.Raw[0] ^ 0x80}
			zeros++
		}
	}
	if zeros == 0 {
		t.Fatal("no zero points")
	}
	return m.Encode()
}

// TestModelsThatRoundLessStayInFloat32 takes a pair out of a file: the error names the layer whose output is not
// rounded. Weights whose numbers are no multiples of one scale for each channel are rounded anew, which a remark says,
// and products of float32 are skipped.
func TestModelsThatRoundLessStayInFloat32(t *testing.T) {
	w := int8Network(t, int8Networks[0])
	made := func(change func(q *onnx.Int8)) (*project.Int8Model, error) {
		z := project.Int8ONNX(w.q, w.all)
		change(z)
		b, err := onnx.Export(w.network, w.ref.Params, onnx.ExportOptions{Int8: z})
		if err != nil {
			t.Fatal(err)
		}
		r, err := onnx.Import(b, onnx.Options{Name: "again"})
		if err != nil {
			t.Fatal(err)
		}
		return project.Int8OfModel(r)
	}
	named := func(name string) *op.Layer {
		return w.network.Layers[slices.IndexFunc(w.network.Layers, func(l *op.Layer) bool { return l.Name == name })]
	}
	if _, err := made(func(z *onnx.Int8) { delete(z.Rounded, named("b")) }); err == nil ||
		!strings.Contains(err.Error(), `layer "b": its output is not rounded`) {
		t.Errorf("without a pair: %v", err)
	}
	if _, err := made(func(z *onnx.Int8) { z.Rounded[named("s")] = onnx.Rounding{Scale: 1e-20} }); err == nil ||
		!strings.Contains(err.Error(), `layer "s": its output is rounded to steps of 1e-20`) {
		t.Errorf("with tiny steps: %v", err)
	}
	m, err := made(func(z *onnx.Int8) { delete(z.Products, named("y")) })
	if err != nil || !bytes.Contains(m.Spec, []byte("skip: [output]")) {
		t.Errorf("a product of float32: %v", err)
	}
}

// integersOf returns the checksum of the arrays of each unit that is integers, in order: names may differ.
func integersOf(q *quant.Network, all quant.Numbers) string {
	var text strings.Builder
	for _, u := range q.Units {
		if u.Kind == quant.Float {
			continue
		}
		text.WriteString(u.Kind.String())
		for _, p := range u.Params {
			a := all[p]
			text.WriteString(" " + spec.ContentsOf(fmt.Sprint(a.Float, a.Int8, a.Int32)))
		}
		text.WriteString("\n")
	}
	return text.String()
}
