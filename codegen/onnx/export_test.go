package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// unexported are the kinds that have no counterpart in ONNX, as the exporter says.
var unexported = []string{"bidirectional", "masking", "output", "padding_mask", "time_distributed"}

// network is a network with parameters and inputs to try it on.
type network struct {
	name string
	net  *net.Net
	ref  *ref.Network
}

// networks returns a network of one layer for each case of each kind, and a few whole ones.
func networks(t *testing.T) []network {
	var all []network
	for _, d := range op.All() {
		if slices.Contains(unexported, d.Kind.Name) {
			continue
		}
		for i, c := range d.Cases {
			if c.State > 0 || masked(d.Kind.Name, c) || c.Attrs != "" && strings.Contains(c.Attrs, "normalize: true") {
				continue
			}
			var inputs, from []string
			for k, s := range c.In {
				inputs = append(inputs, fmt.Sprintf("{name: in%d, shape: %s}", k, flow([]int(s))))
				from = append(from, fmt.Sprintf("in%d", k))
			}
			from, fronts := c.Fronts(from)
			src := fmt.Sprintf("version: 1\nname: try\ninputs: [%s]\ntask: regression\nlayers:\n%s  - %s: {name: l, from: [%s], %s}\n  - tanh\n  - output: {dense: false}\n",
				strings.Join(inputs, ", "), fronts, d.Kind.Name, strings.Join(from, ", "), c.Attrs)
			all = append(all, build(t, fmt.Sprintf("%s_%d", d.Kind.Name, i), strings.Replace(src, ", })", "})", 1)))
		}
	}
	for name, src := range wholes {
		all = append(all, build(t, name, src))
	}
	return all
}

// masked tells whether a case reads a mask, which has a number for each step.
func masked(kind string, c op.Case) bool {
	if len(c.In) < 2 {
		return false
	}
	switch kind {
	case "lstm", "gru", "simple_rnn", "global_average_pool1d", "global_max_pool1d":
		return true
	case "multi_head_attention":
		return len(c.In) > 2 || len(c.In[1]) == 1
	}
	return false
}

// wholes are networks with preprocessing, outputs of each task, and layers that read one another.
var wholes = map[string]string{
	"whole_classes": "version: 1\nname: try\ninput: {name: x, shape: [5]}\npreprocess: [{rescale: {scale: 0.5, offset: 1}}, {standardize: {}}]\ntask: multiclass\nclasses: [a, \"b c\", é]\n" +
		"layers:\n  - dense: {name: h, units: 7, activation: relu}\n  - batch_norm\n  - dropout: {rate: 0.5}\n  - output\n",
	"whole_binary": "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: binary\nlayers:\n  - dense: {name: h, units: 3, activation: prelu}\n  - output\n",
	"whole_image": "version: 1\nname: try\ninput: {name: x, shape: [8, 6, 2]}\ntask: multiclass\nclasses: 4\nlayers:\n  - conv2d: {name: a, filters: 4, kernel_size: 3, padding: same}\n  - batch_norm: {name: n}\n" +
		"  - relu: {name: r}\n  - conv2d: {name: b, filters: 4, kernel_size: 3, padding: same, activation: silu}\n  - add: {name: s, from: [r, b]}\n  - max_pool2d\n  - flatten\n  - dense: {units: 5, activation: mish}\n  - output\n",
	"whole_text": "version: 1\nname: try\ninput: {name: x, shape: [6]}\ntask: multiclass\nclasses: 3\nlayers:\n  - embedding: {name: e, input_dim: 11, output_dim: 4}\n  - positional_encoding: learned\n" +
		"  - multi_head_attention: {name: m, num_heads: 2, causal: true}\n  - layer_norm\n  - bidirectional: {gru: 3}\n  - output\n",
	"whole_two": "version: 1\nname: try\ninputs: [{name: p, shape: [3]}, {name: q, shape: [4, 2]}]\nlayers:\n  - dense: {name: a, from: p, units: 4, activation: tanh}\n  - lstm: {name: b, from: q, units: 4, return_state: true}\n" +
		"  - concatenate: {name: c, from: [a, b, b.c]}\n  - output: {name: kind, from: c, task: multiclass, units: 3}\n  - output: {name: size, from: a, task: regression, units: 2}\n",
}

func build(t *testing.T, name, src string) network {
	t.Helper()
	s, problems := spec.Parse(name+".yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%s: %v\n%s", name, problems.Err(), src)
	}
	net, list := net.Build(s, nil)
	if list.Err() != nil {
		t.Fatalf("%s: %v\n%s", name, list.Err(), src)
	}
	n := ref.New(net, 3)
	rng := rand.New(rand.NewPCG(1, uint64(len(src))))
	for p, w := range n.Params {
		for i := range w {
			if p.Role != ir.Trained && p.Values != nil {
				continue
			}
			w[i] += 0.3 * rng.NormFloat64() // statistics and biases too
			if p.Role == ir.Running || strings.HasSuffix(p.Name, ".scale") {
				w[i] = 0.5 + rng.Float64()
			}
			w[i] = float64(float32(w[i]))
		}
	}
	return network{name, net, n}
}

// batch returns n random examples: tokens where an embedding reads them.
func (w network) batch(n int) ref.Batch {
	rng := rand.New(rand.NewPCG(2, 3))
	b := ref.Batch{N: n}
	for _, in := range w.net.Inputs {
		tokens := 0
		for _, l := range w.net.Layers {
			if l.Def.Kind.Name == "embedding" && l.In[0] == in {
				tokens = l.Params[0].Shape[0]
			}
		}
		x := make([]float64, n*in.Shape.Size())
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
			if tokens > 0 {
				x[i] = float64(rng.IntN(tokens))
			}
		}
		b.Inputs = append(b.Inputs, x)
	}
	return b
}

// outputsOf returns what the reference predicts, an array for each output.
func (w network) outputsOf(b ref.Batch) []Array {
	pass := w.ref.Forward(b, false, 0)
	var out []Array
	for _, o := range w.net.Outputs {
		v := pass.Values[o.Layer]
		out = append(out, Array{Shape: append([]int{b.N}, o.Layer.Shape...), Data: v.Data})
	}
	return out
}

// TestExportsComeBack exports networks of every kind, imports what came out, and wants the same predictions.
func TestExportsComeBack(t *testing.T) {
	for _, w := range networks(t) {
		for _, opset := range []int{13, 17, 20} {
			t.Run(fmt.Sprintf("%s/opset=%d", w.name, opset), func(t *testing.T) {
				file, err := Export(w.net, w.ref.Params, ExportOptions{Opset: opset})
				if err != nil {
					t.Fatal(err)
				}
				r, err := Import(file, Options{Name: "again"})
				if only := onlyRuntime[strings.Split(w.name, "_")[0]] || onlyRuntime[w.name]; err != nil && only {
					return // ONNX Runtime compares it
				}
				if err != nil {
					t.Fatal(err)
				}
				b := w.batch(4)
				var inputs []Array
				for i, x := range b.Inputs {
					inputs = append(inputs, Array{Shape: append([]int{b.N}, w.net.Inputs[i].Shape...), Data: x})
				}
				differences, scales, err := r.Check(inputs, w.outputsOf(b))
				if err != nil {
					t.Fatalf("%v\n%s", err, r.Spec)
				}
				for i, d := range differences {
					if !(d <= 1e-6*max(1, scales[i])) {
						t.Errorf("output %d: off by %g of %g\n%s", i, d, scales[i], r.Spec)
					}
				}
			})
		}
	}
}

// onlyRuntime are the kinds whose operators the importer has no layer for.
var onlyRuntime = map[string]bool{"step": true, "dot": true, "unit": true, "repeat": true, "cropping2d": true, "whole_two": true}

// TestExportsRunInONNXRuntime runs the same files in ONNX Runtime, which NNGEN_ORT names the node_modules folder of; .ci/run
// onnx installs it.
func TestExportsRunInONNXRuntime(t *testing.T) {
	modules := os.Getenv("NNGEN_ORT")
	if modules == "" {
		t.Skip("NNGEN_ORT is not set: no ONNX Runtime to compare with; .ci/run onnx does")
	}
	dir := t.TempDir()
	type run struct {
		File   string
		Inputs []runtimeArray
		Names  []string
	}
	var runs []run
	var wants [][]Array
	for _, w := range networks(t) {
		file, err := Export(w.net, w.ref.Params, ExportOptions{})
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		name := filepath.Join(dir, w.name+".onnx")
		if err := os.WriteFile(name, file, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		b, r := w.batch(3), run{File: name}
		for i, x := range b.Inputs {
			r.Inputs = append(r.Inputs, runtimeArray{m.Graph.Inputs[i].Name, m.Graph.Inputs[i].Type == 7, append([]int{b.N}, w.net.Inputs[i].Shape...), x})
		}
		for _, o := range w.net.Outputs {
			r.Names = append(r.Names, o.Name)
		}
		runs, wants = append(runs, r), append(wants, w.outputsOf(b))
	}
	job, err := json.Marshal(runs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "job.json"), job, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "../../testdata/onnx/run.js", modules, filepath.Join(dir, "job.json"))
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v\n%s", err, exit.Stderr)
	}
	var got []struct {
		Error   string
		Outputs [][]float64
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, g := range got {
		name := filepath.Base(runs[i].File)
		if g.Error != "" {
			t.Errorf("%s: %s", name, g.Error)
			continue
		}
		for k, want := range wants[i] {
			worst, scale := 0.0, 1.0
			for j, v := range want.Data {
				scale = max(scale, math.Abs(v))
				worst = max(worst, math.Abs(v-g.Outputs[k][j]))
			}
			if !(worst <= 1e-5*scale) {
				t.Errorf("%s: output %d is off by %g of %g", name, k, worst, scale)
			}
		}
	}
	t.Logf("%d networks run in ONNX Runtime", len(got))
}

type runtimeArray struct {
	Name  string
	Whole bool
	Dims  []int
	Data  []float64
}

// TestImportOfExportIsTheNetwork: what comes back has the kinds, the shapes and the very numbers of what went out, in the
// same order, so that its code has the same bits.
func TestImportOfExportIsTheNetwork(t *testing.T) {
	for name, src := range wholes {
		if onlyRuntime[name] {
			continue
		}
		w := build(t, name, src)
		file, err := Export(w.net, w.ref.Params, ExportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Import(file, Options{Name: "again"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var was, is []string
		for _, l := range w.net.Layers {
			if k := l.Def.Kind.Name; k != "dropout" && k != "rescale" && k != "standardize" {
				was = append(was, fmt.Sprintf("%s %s", k, l.Shape))
			}
		}
		for _, l := range r.Net.Layers {
			if k := l.Def.Kind.Name; k != "rescale" && k != "standardize" {
				is = append(is, fmt.Sprintf("%s %s", k, l.Shape))
			}
		}
		if d := cmp.Diff(was, is); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
		var before, after [][]float64
		for _, p := range w.net.Params {
			if p.Role != ir.Constant {
				before = append(before, w.ref.Params[p])
			}
		}
		for _, p := range r.Net.Params {
			if p.Role != ir.Constant {
				after = append(after, r.Params[p])
			}
		}
		if d := cmp.Diff(before, after); d != "" {
			t.Errorf("%s: the numbers differ:\n%.500s", name, d)
		}
	}
}
