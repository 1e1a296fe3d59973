package onnx_test

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/ref"
)

// TestExamplesChooseTheSameClassesInONNXRuntime exports the trained examples and runs their whole test sets: the
// classes are those of the reference, and regressions agree to 10⁻⁵ of their scale. Of test sets that would take the
// reference longer than a few seconds, some 10⁹ multiply-adds, it takes the first examples.
func TestExamplesChooseTheSameClassesInONNXRuntime(t *testing.T) {
	modules := os.Getenv("NNGEN_ORT")
	if modules == "" {
		t.Skip("NNGEN_ORT is not set: no ONNX Runtime to compare with; .ci/run onnx does")
	}
	specs, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(specs) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range specs {
		t.Run(filepath.Base(file), func(t *testing.T) { compareExample(t, modules, file) })
	}
}

func compareExample(t *testing.T, modules, file string) {
	p, err := project.Open(file, "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.ONNX(project.ONNXOptions{ExportOptions: onnx.ExportOptions{Bare: false}})
	if err != nil {
		t.Fatal(err)
	}
	network, list := net.Build(p.Spec, p.Files())
	if list.Err() != nil {
		t.Fatal(list)
	}
	weights, err := os.ReadFile(filepath.Join(p.Dir, "weights.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	trained, err := project.Tensors(network, weights)
	if err != nil {
		t.Fatal(err)
	}
	sets, err := data.Load(p.Spec, p.Base, network, p.Spec.Training.Seed, data.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("its data is not on this machine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	set := sets.Test
	if set.N == 0 {
		set = sets.Train // small examples test on nothing
	}
	work := int64(1)
	for _, l := range network.Layers {
		work += l.MACs()
	}
	n := min(set.N, int(1+1_000_000_000/work))
	r := ref.New(network, 0)
	r.Params = map[*ir.Param][]float64{}
	for _, q := range network.Params {
		for _, v := range trained[q.Name] {
			r.Params[q] = append(r.Params[q], float64(v))
		}
	}
	if len(network.Inputs) != 1 || len(network.Outputs) != 1 {
		t.Fatalf("%d inputs and %d outputs", len(network.Inputs), len(network.Outputs))
	}
	in, out := network.Inputs[0], network.Outputs[0]
	size := in.Shape.Size()
	x := make([]float64, n*size)
	for i := range x {
		x[i] = float64(set.X[0][i])
	}
	want := r.Forward(ref.Batch{N: n, Inputs: [][]float64{x}}, false, 0).Values[out.Layer].Data
	m, err := onnx.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	exported := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(exported, b, 0o644); err != nil {
		t.Fatal(err)
	}
	port := m.Graph.Inputs[0]
	got := inRuntime(t, modules, exported, runtimeInput{port.Name, port.Type == 7, append([]int{n}, in.Shape...), x},
		out.Name)
	if len(got) != len(want) {
		t.Fatalf("%d numbers, want %d", len(got), len(want))
	}
	width := out.Layer.Shape[len(out.Layer.Shape)-1]
	worst, scale := 0.0, 1.0
	for i, v := range want {
		scale, worst = max(scale, math.Abs(v)), max(worst, math.Abs(got[i]-v))
	}
	if !(worst <= 1e-5*scale) {
		t.Errorf("off by %g of %g", worst, scale)
	}
	for i := 0; i < len(want) && len(out.Classes) > 0; i += width {
		if a, b := chosenClass(want[i:i+width]), chosenClass(got[i:i+width]); a != b {
			t.Errorf("row %d: class %d, want %d", i/width, b, a)
		}
	}
	t.Logf("%d of %d examples, off by %.2g of %.3g", n, set.N, worst, scale)
}

// chosenClass returns the class of the largest of some probabilities; of a single one whether it reaches ½.
func chosenClass(p []float64) int {
	if len(p) == 1 {
		if p[0] >= 0.5 {
			return 1
		}
		return 0
	}
	best := 0
	for i, v := range p {
		if v > p[best] {
			best = i
		}
	}
	return best
}
