package project_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// int8Head begins the specs of int8Networks.
const int8Head = "version: 1\nname: net\ntask: multiclass\nclasses: 4\n"

// int8Networks are networks with products of each kind, norms, sums, pools and tables.
var int8Networks = []string{
	int8Head + "input: {name: x, shape: [12]}\nlayers:\n  - dense: {name: a, units: 16, activation: relu}\n" +
		"  - dense: {name: b, units: 16, activation: tanh}\n  - add: {name: s, from: [a, b]}\n  - output: {name: y}\n",
	int8Head + "input: {name: x, shape: [8, 8, 2]}\npreprocess: [{rescale: {scale: 0.5}}]\nlayers:\n" +
		"  - conv2d: {name: a, filters: 6, kernel_size: 3, padding: same, use_bias: false}\n  - batch_norm: {name: n}\n" +
		"  - relu: {name: r}\n" +
		"  - depthwise_conv2d: {name: d, kernel_size: 3, padding: same, activation: relu6}\n  - max_pool2d: {name: p}\n" +
		"  - conv2d: {name: c, filters: 5, kernel_size: 2}\n  - flatten\n  - dense: {name: h, units: 10, use_bias: false}\n" +
		"  - sigmoid: {name: g}\n  - output: {name: y}\n",
}

// int8Rows is how many examples there are of each.
const int8Rows = 200

// quantised is a network with weights, examples, and what their ranges make of it in integers.
type quantised struct {
	network *net.Net
	ref     *ref.Network
	x       []float64
	q       *quant.Network
	all     quant.Numbers
}

func int8Network(t *testing.T, text string) quantised {
	t.Helper()
	s, problems := spec.Parse("net.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	w := ref.New(network, 5)
	rng := rand.New(rand.NewPCG(3, 4))
	weights := map[string][]float32{}
	for _, p := range network.Params {
		for k, v := range w.Params[p] {
			switch {
			case strings.HasSuffix(p.Name, ".variance"):
				v = 0.5 + rng.Float64()
			case p.Role != ir.Constant:
				v += 0.2 * rng.NormFloat64()
			}
			w.Params[p][k] = float64(float32(v))
			weights[p.Name] = append(weights[p.Name], float32(v))
		}
	}
	in := network.Inputs[0]
	x := make([]float64, int8Rows*in.Shape.Size())
	for k := range x {
		x[k] = float64(float32(rng.NormFloat64()))
	}
	ranges := map[*op.Layer][2]float64{}
	for l, v := range w.Forward(ref.Batch{N: int8Rows, Inputs: [][]float64{x}}, false, 0).Values {
		low, high := math.Inf(1), math.Inf(-1)
		for _, y := range v.Data {
			low, high = math.Min(low, y), math.Max(high, y)
		}
		ranges[l] = [2]float64{low, high}
	}
	q, problems := quant.Divide(network, nil)
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	all, err := q.Quantize(weights, ranges)
	if err != nil {
		t.Fatal(err)
	}
	text, err = q.Ranges()
	if err != nil {
		t.Fatal(err)
	}
	if err := q.SetRanges(text); err != nil {
		t.Fatal(err)
	}
	return quantised{network, w, x, q, all}
}

// TestInt8ExportsAgreeWithONNXRuntime quantises networks with products of each kind, norms, sums, pools and tables, and
// wants ONNX Runtime to give what the reference of integers does, but for results that lie between two integers, which
// the two round otherwise.
func TestInt8ExportsAgreeWithONNXRuntime(t *testing.T) {
	modules := os.Getenv("NNGEN_ORT")
	if modules == "" {
		t.Skip("NNGEN_ORT is not set: no ONNX Runtime to compare with; .ci/run onnx does")
	}
	type job struct {
		File   string
		Inputs []map[string]any
		Names  []string
	}
	var jobs []job
	var wants [][]float64
	const n = int8Rows
	for i, text := range int8Networks {
		w := int8Network(t, text)
		in := w.network.Inputs[0]
		wants = append(wants, w.q.Outputs(w.q.Reference(w.all, n, [][]float64{w.x}, nil))[0])
		b, err := onnx.Export(w.network, w.ref.Params, onnx.ExportOptions{Int8: project.Int8ONNX(w.q, w.all)})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "net.onnx")
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if int8s := strings.Count(string(b), "_int8"); int8s < 4 {
			t.Errorf("network %d: %d names of int8 arrays", i, int8s)
		}
		jobs = append(jobs, job{file, []map[string]any{{"Name": "x", "Dims": append([]int{n}, in.Shape...), "Data": w.x}},
			[]string{"y"}})
	}
	text, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "job.json")
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", "../../testdata/onnx/run.js", modules, name).Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []struct {
		Error   string
		Outputs [][]float64
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Error != "" || len(r.Outputs[0]) != len(wants[i]) {
			t.Errorf("network %d: %s", i, r.Error)
			continue
		}
		equal, worst := 0, 0.0
		for row := range n {
			off := 0.0
			for k := range 4 {
				off = math.Max(off, math.Abs(r.Outputs[0][4*row+k]-wants[i][4*row+k]))
			}
			if off < 1e-5 {
				equal++
			}
			worst = math.Max(worst, off)
		}
		t.Logf("network %d: %d of %d rows agree, the others are off by %.2g", i, equal, n, worst)
		// A rounding of another kind moves one of some ten numbers by a step of 1/256 of its range.
		if equal < n*8/10 || !(worst < 0.05) {
			t.Errorf("network %d: %d of %d rows agree, the others are off by %g", i, equal, n, worst)
		}
	}
}
