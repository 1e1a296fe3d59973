package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// unexported are the kinds that a network has not: it has the layers that they stand for.
var unexported = []string{"bidirectional", "output"}

// network is a network with parameters and inputs to try it on.
type network struct {
	name  string
	net   *net.Net
	ref   *ref.Network
	files fs.FS // that the spec names; nil for none
}

// chains returns random networks of layers one behind the other; NNGEN_CASES says how many.
func chains(t *testing.T) (all []network) {
	n := 12
	if v, err := strconv.Atoi(os.Getenv("NNGEN_CASES")); err == nil {
		n = v
	}
	for i := range n {
		all = append(all, build(t, fmt.Sprintf("chain%d", i), plantest.ChainSpec(1, i, "{task: regression, units: 3}",
			"{task: binary}", "{task: multiclass, units: 4}")))
	}
	return all
}

// branching returns random networks whose layers branch and join, share parameters and masks, and have several inputs
// and outputs; NNGEN_CASES says how many.
func branching(t *testing.T) (all []network) {
	n := plantest.Networks
	if v, err := strconv.Atoi(os.Getenv("NNGEN_CASES")); err == nil {
		n = v
	}
	for i := range n {
		all = append(all, build(t, fmt.Sprintf("branching%d", i), plantest.NetworkSpec(1, i, []string{"sgd"},
			[]string{"{task: regression, units: 3}", "{task: binary}", "{task: multiclass, units: 4}",
				"{quantiles: [0.1, 0.9], units: 2}", "{task: multiclass, units: 4, calibrate: temperature, reject: 0.7}"})))
	}
	return all
}

// networks returns a network of one layer for each case of each kind, and a few whole ones.
func networks(t *testing.T) []network {
	var all []network
	for _, d := range op.All() {
		if slices.Contains(unexported, d.Kind.Name) {
			continue
		}
		for i, c := range d.Cases {
			var inputs, from []string
			for k, s := range c.In {
				inputs = append(inputs, fmt.Sprintf("{name: in%d, shape: %s}", k, flow([]int(s))))
				from = append(from, fmt.Sprintf("in%d", k))
			}
			from, fronts := c.Fronts(from)
			src := fmt.Sprintf("version: 1\nname: try\ninputs: [%s]\ntask: regression\nlayers:\n%s  - %s: {%s}\n  - tanh\n"+
				"  - output: {dense: false}\n",
				strings.Join(inputs, ", "), fronts, d.Kind.Name, c.Keys("l", from))
			w := build(t, fmt.Sprintf("%s_%d", d.Kind.Name, i), src)
			all = append(all, w)
		}
	}
	for name, src := range wholes {
		w := build(t, name, src)
		all = append(all, w)
	}
	return all
}

// wholes are networks with preprocessing, outputs of each task, and layers that read one another.
var wholes = map[string]string{
	"whole_classes": "version: 1\nname: try\ninput: {name: x, shape: [5]}\n" +
		"preprocess: [{rescale: {scale: 0.5, offset: 1}}, {standardize: {}}]\ntask: multiclass\nclasses: [a, \"b c\", é]\n" +
		"layers:\n  - dense: {name: h, units: 7, activation: relu}\n  - batch_norm\n  - dropout: {rate: 0.5}\n  - output\n",
	"whole_binary": "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: binary\nlayers:\n" +
		"  - dense: {name: h, units: 3, activation: prelu}\n  - output\n",
	"whole_declined": "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: binary\nlayers:\n" +
		"  - dense: {name: h, units: 3, activation: tanh}\n" +
		"  - output: {name: y, calibrate: temperature, decision: 0.42, reject: 0.6}\n",
	"whole_sure": "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: multiclass\nclasses: 3\nlayers:\n" +
		"  - output: {name: y, calibrate: temperature, reject: 0.6}\n",
	"whole_image": "version: 1\nname: try\ninput: {name: x, shape: [8, 6, 2]}\ntask: multiclass\nclasses: 4\nlayers:\n" +
		"  - conv2d: {name: a, filters: 4, kernel_size: 3, padding: same}\n  - batch_norm: {name: n}\n" +
		"  - relu: {name: r}\n  - conv2d: {name: b, filters: 4, kernel_size: 3, padding: same, activation: silu}\n" +
		"  - add: {name: s, from: [r, b]}\n  - max_pool2d\n  - flatten\n  - dense: {units: 5, activation: mish}\n" +
		"  - output\n",
	"whole_text": "version: 1\nname: try\ninput: {name: x, shape: [6]}\ntask: multiclass\nclasses: 3\nlayers:\n" +
		"  - embedding: {name: e, input_dim: 11, output_dim: 4}\n  - positional_encoding: learned\n" +
		"  - multi_head_attention: {name: m, num_heads: 2, causal: true}\n  - layer_norm\n  - bidirectional: {gru: 3}\n" +
		"  - output\n",
	"whole_feature": "version: 1\nname: try\ninput: {name: x, shape: [6, 8]}\ntask: regression\nlayers:\n" +
		"  - slice: {name: s, start: 2, size: 1}\n  - dense: {name: d, units: 4, activation: relu}\n" +
		"  - slice: {name: t, start: 1, size: 1}\n  - multi_head_attention: {name: m, num_heads: 3, key_dim: 5}\n" +
		"  - flatten\n  - output\n",
	"whole_slopes": "version: 1\nname: try\ninput: {name: x, shape: [6, 8]}\ntask: regression\nlayers:\n" +
		"  - reshape: {name: r, target_shape: [3, 8, 2]}\n  - prelu: {name: p}\n  - flatten\n  - output\n",
	"whole_narrow": "version: 1\nname: try\ninput: {name: x, shape: [6, 4]}\ntask: multiclass\nclasses: 3\nlayers:\n" +
		"  - multi_head_attention: {name: m, num_heads: 4}\n" +
		"  - multi_head_attention: {name: n, num_heads: 4, causal: true}\n  - output\n",
	"whole_masked": "version: 1\nname: try\ninput: {name: x, shape: [6]}\ntask: multiclass\nclasses: 3\nlayers:\n" +
		"  - embedding: {name: e, input_dim: 11, output_dim: 4}\n" +
		"  - padding_mask: {name: m, from: x}\n  - multi_head_attention: {name: a, from: [e, m], num_heads: 2}\n" +
		"  - add: {name: s, from: [e, a]}\n  - layer_norm\n" +
		"  - global_average_pool1d: {name: p, from: [layer_norm1, m]}\n  - output\n",
	"whole_tied": "version: 1\nname: try\ninput: {name: x, shape: [6]}\ntask: multiclass\nclasses: 11\nlayers:\n" +
		"  - embedding: {name: e, input_dim: 11, output_dim: 4}\n" +
		"  - gru: {name: g, units: 4}\n  - output: {name: out, units: 11, share: e}\n",
	"whole_shared": "version: 1\nname: try\ninputs: [{name: p, shape: [6, 6, 2]}, {name: q, shape: [6, 6, 2]}]\n" +
		"task: binary\nlayers:\n" +
		"  - conv2d: {name: a, from: p, filters: 3, kernel_size: 3}\n  - flatten: {name: fa}\n" +
		"  - conv2d: {name: b, from: q, filters: 3, kernel_size: 3, share: a}\n" +
		"  - flatten: {name: fb}\n  - subtract: {name: d, from: [fa, fb]}\n  - abs\n  - output\n",
	"whole_translation": "version: 1\nname: try\ninputs: [{name: p, shape: [5, 3]}, {name: q, shape: [4, 2]}]\n" +
		"task: regression\nlayers:\n" +
		"  - lstm: {name: from, from: p, units: 4, return_state: true}\n" +
		"  - lstm: {name: to, from: q, units: 4, initial_state: [from, from.c], return_sequences: true}\n" +
		"  - output: {name: out, from: to, units: 2}\n",
	"whole_targets": "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n" +
		"  - dense: {units: 3, activation: tanh}\n" +
		"  - output: {name: y, units: 2, standardize: true, interval: 0.9}\n",
	"whole_targets_log": "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n" +
		"  - dense: {units: 3, activation: tanh}\n" +
		"  - output: {name: y, standardize: log}\n",
	"whole_quantiles": "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n" +
		"  - dense: {units: 3, activation: tanh}\n" +
		"  - output: {name: y, units: 3, quantiles: [0.1, 0.5, 0.9], interval: 0.8}\n",
	"whole_scaled": "version: 1\nname: try\ninput: {name: x, shape: [6, 4]}\n" +
		"preprocess: [{rescale: {scale: 0.3}}, {standardize: {}}]\ntask: binary\nlayers:\n" +
		"  - dense: {name: a, units: 5}\n  - rescaling: {name: b, scale: 0.7, offset: 0.1}\n" +
		"  - rescaling: {name: c, scale: 1.3}\n  - affine: {name: d}\n" +
		"  - conv1d: {name: e, filters: 4, kernel_size: 2}\n  - affine: {name: f, use_bias: false}\n" +
		"  - slice: {name: g, size: 2}\n" +
		"  - dense: {name: h, units: 4, use_bias: false}\n  - affine: {name: i}\n  - layer_norm: {name: j}\n" +
		"  - affine: {name: k}\n  - group_norm: {name: l, groups: 2}\n" +
		"  - affine: {name: m}\n  - batch_norm: {name: n}\n  - rescaling: {name: o, scale: 0.1, offset: 2}\n" +
		"  - positional_encoding: {name: p, encoding: learned}\n" +
		"  - positional_encoding: {name: q, encoding: learned}\n  - slice: {name: r, start: 1, size: 1}\n  - flatten\n" +
		"  - output\n",
	"whole_video": "version: 1\nname: try\ninput: {name: x, shape: [3, 8, 6, 2]}\ntask: multiclass\nclasses: 3\n" +
		"layers:\n" +
		"  - time_distributed: {name: a, layer: {conv2d: {filters: 4, kernel_size: 3, padding: same, activation: relu}}}\n" +
		"  - time_distributed: {name: b, layer: max_pool2d}\n" +
		"  - time_distributed: {name: c, layer: {conv2d: {filters: 3, kernel_size: 2}}}\n  - batch_norm: {name: n}\n" +
		"  - time_distributed: {name: d, layer: flatten}\n" +
		"  - lstm: {name: e, units: 5}\n  - output\n",
	"whole_documents": "version: 1\nname: try\ninput: {name: x, shape: [3, 4, 5]}\ntask: multiclass\nclasses: 3\n" +
		"layers:\n" +
		"  - time_distributed: {name: a, layer: {gru: {units: 4, return_sequences: true}}}\n" +
		"  - time_distributed: {name: b, layer: {lstm: {units: 3, go_backwards: true}}}\n" +
		"  - gru: {name: e, units: 5}\n  - output\n",
	"whole_lengths": "version: 1\nname: try\ninput: {name: x, shape: [6]}\ntask: binary\nlayers:\n" +
		"  - embedding: {name: e, input_dim: 11, output_dim: 4}\n" +
		"  - padding_mask: {name: m, from: x}\n" +
		"  - lstm: {name: a, from: [e, m], units: 3, return_sequences: true, return_state: true}\n" +
		"  - lstm: {name: b, from: [a, m], initial_state: [a.h, a.c], units: 3, go_backwards: true, return_state: true}\n" +
		"  - concatenate: {name: j, from: [b, b.c, a.h, a.c]}\n  - output\n",
	"whole_two": "version: 1\nname: try\ninputs: [{name: p, shape: [3]}, {name: q, shape: [4, 2]}]\nlayers:\n" +
		"  - dense: {name: a, from: p, units: 4, activation: tanh}\n" +
		"  - lstm: {name: b, from: q, units: 4, return_state: true}\n" +
		"  - concatenate: {name: c, from: [a, b, b.c]}\n  - output: {name: kind, from: c, task: multiclass, units: 3}\n" +
		"  - output: {name: size, from: a, task: regression, units: 2}\n",
}

func build(t testing.TB, name, src string) network {
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
	for _, p := range net.Params {
		w := n.Params[p]
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
	for _, o := range net.Outputs {
		if o.Targets != nil { // which a training fits together
			ps := o.Targets.Params
			mean, inverse := standardizing(n.Params[ps[0]], n.Params[ps[1]])
			n.Params[ps[2]], n.Params[ps[3]] = inFloat32(mean), inFloat32(inverse)
		}
	}
	return network{name: name, net: net, ref: n}
}

// inFloat32 returns numbers as float32 holds them.
func inFloat32(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range narrowed(v) {
		out[i] = float64(x)
	}
	return out
}

// batch returns n random examples: tokens where an embedding or its mask reads them.
func (w network) batch(n int) ref.Batch {
	rng := rand.New(rand.NewPCG(2, 3))
	b := ref.Batch{N: n}
	for _, in := range w.net.Inputs {
		tokens := 0
		for _, l := range w.net.Layers {
			switch {
			case l.Def == op.Embedding && l.In[0] == in:
				tokens = l.Params[0].Shape[0]
			case l.Def == op.PaddingMask && l.In[0] == in:
				tokens = max(tokens, 2)
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

// TestExportsComeBack exports networks of every kind, imports what came out, by its spec and by its nodes alone, and
// wants the same predictions.
func TestExportsComeBack(t *testing.T) {
	for _, w := range slices.Concat(networks(t), chains(t), branching(t)) {
		for _, opset := range []int{13, 17, 20} {
			t.Run(fmt.Sprintf("%s/opset=%d", w.name, opset), func(t *testing.T) {
				file, err := Export(w.net, w.ref.Params, ExportOptions{Opset: opset})
				if err != nil {
					t.Fatal(err)
				}
				b := w.batch(4)
				var inputs []Array
				for i, x := range b.Inputs {
					inputs = append(inputs, Array{Shape: append([]int{b.N}, w.net.Inputs[i].Shape...), Data: x})
				}
				for _, file := range [][]byte{file, withoutSource(t, file)} {
					r, err := Import(file, Options{Name: "again"})
					if err != nil {
						t.Fatal(err)
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
				}
			})
		}
	}
}

// TestExportsRunInONNXRuntime runs the same files in ONNX Runtime, which NNGEN_ORT names the node_modules folder of;
// .ci/run onnx installs it.
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
	type written struct {
		w network
		o ExportOptions
	}
	var files []written
	for k, w := range slices.Concat(networks(t), chains(t), branching(t)) {
		for opset := oldestOpset; opset <= newestOpset; opset++ {
			// Every network in the opset that is the default and in one more, whole ones and first cases in all.
			if opset == 17 || k%(newestOpset-oldestOpset+1) == opset-oldestOpset || strings.HasPrefix(w.name, "whole") ||
				strings.HasSuffix(w.name, "_0") {
				files = append(files, written{w, ExportOptions{Opset: opset}})
			}
		}
		if slices.ContainsFunc(w.net.Layers, func(l *op.Layer) bool { return l.Def == op.BatchNorm }) {
			files = append(files, written{w, ExportOptions{Opset: 17, Training: true}})
		}
		if slices.Contains([]string{"whole_binary", "whole_image", "whole_text"}, w.name) { // with nothing before them
			files = append(files, written{w, ExportOptions{Opset: 17, Bare: true}})
		}
	}
	for _, f := range files {
		w := f.w
		file, err := Export(w.net, w.ref.Params, f.o)
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		name := filepath.Join(dir, fmt.Sprintf("%s_%d_%v_%v.onnx", w.name, f.o.Opset, f.o.Training, f.o.Bare))
		if err := os.WriteFile(name, file, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		b, r := w.batch(8), run{File: name}
		for i, x := range b.Inputs {
			r.Inputs = append(r.Inputs, runtimeArray{m.Graph.Inputs[i].Name, m.Graph.Inputs[i].Type == 7,
				append([]int{b.N}, w.net.Inputs[i].Shape...), x})
		}
		for _, o := range w.net.Outputs {
			r.Names = append(r.Names, o.Name)
		}
		want := w.outputsOf(b)
		for i, o := range w.net.Outputs {
			if o.Confidence > 0 {
				r.Names = append(r.Names, o.Name+".label", o.Name+".declined")
				labels, declined := decisions(w, o, want[i].Data)
				want = append(want, labels, declined)
			}
		}
		runs, wants = append(runs, r), append(wants, want)
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
	t.Logf("%d files run in ONNX Runtime", len(got))
}

// decisions returns what an output with classes 0, 1, … chooses, and whether it declines.
func decisions(w network, o *net.Output, y []float64) (labels, declined Array) {
	for row := range slices.Chunk(y, o.Layer.Shape.Size()) {
		label, p := slices.Index(row, slices.Max(row)), slices.Max(row)
		if o.Task == "binary" {
			if label, p = 1, row[0]; row[0] < w.ref.Params[o.Threshold][0] {
				label, p = 0, 1-row[0]
			}
		}
		labels.Data = append(labels.Data, float64(label))
		declined.Data = append(declined.Data, 0)
		if p < o.Confidence {
			declined.Data[len(declined.Data)-1] = 1
		}
	}
	return labels, declined
}

type runtimeArray struct {
	Name  string
	Whole bool
	Dims  []int
	Data  []float64
}

// TestImportOfExportIsTheNetwork: what comes back is the spec that went out, names and all, with the very numbers, so
// that its code has the same bits. Of batch norms that went into other layers there is no way back: see
// TestNodesTellTheNetwork.
func TestImportOfExportIsTheNetwork(t *testing.T) {
	for _, w := range networks(t) {
		file, err := Export(w.net, w.ref.Params, ExportOptions{Training: true})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Import(file, Options{Name: "again"})
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		if r.Net.ModelSum() != w.net.ModelSum() {
			t.Errorf("%s: another spec:\n%s", w.name, r.Spec)
			continue
		}
		for i, p := range w.net.Params {
			want, got := w.ref.Params[p], r.Params[r.Net.Params[i]]
			if row := paddingOf(w.net, p); row != nil { // which the file has as it is used: 0
				want = slices.Clone(want)
				clear(want[row[0]:row[1]])
			}
			if slices.Contains(derivedOf(w.net), p) { // from numbers of the file, to the rounding of float32
				got = inFloat32(got)
			}
			if !slices.Equal(want, got) || p.Name != r.Net.Params[i].Name {
				t.Errorf("%s: %s is %v, was %v", w.name, p.Name, got, want)
			}
		}
	}
}

// paddingOf returns the bounds of the numbers of a parameter that no prediction reads; nil for none.
func paddingOf(n *net.Net, p *ir.Param) []int {
	for _, l := range n.Layers {
		if l.Def != op.Embedding || l.Params[0] != p {
			continue
		}
		if pad := l.Node.Lookup("padding_idx"); pad != nil && pad.V != nil {
			row, width := l.Node.Int("padding_idx"), p.Shape[1]
			return []int{row * width, (row + 1) * width}
		}
	}
	return nil
}

// TestNodesTellTheNetwork: without the spec, what comes back has the kinds, the shapes and the very numbers of what
// went out, in the same order. Layers that do nothing in predictions are gone.
func TestNodesTellTheNetwork(t *testing.T) {
	used := map[string]bool{} // names of otherForm
	for _, w := range networks(t) {
		kind := w.name[:strings.LastIndexByte(w.name, '_')]
		file, err := Export(w.net, w.ref.Params, ExportOptions{Training: true})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Import(withoutSource(t, file), Options{Name: "again"})
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		d := cmp.Diff(layersThatCount(w.net), layersThatCount(r.Net))
		if d == "" {
			d = cmp.Diff(numbersOf(w.net, w.ref.Params), numbersOf(r.Net, r.Params))
		}
		switch reason := otherForm[w.name] + otherForm[kind]; {
		case d != "" && reason == "":
			t.Errorf("%s:\n%.2000s", w.name, d)
		case d != "":
			used[w.name], used[kind] = true, true
		}
	}
	for name := range otherForm {
		if !used[name] {
			t.Errorf("%s comes back as it was: it has no place in the table", name)
		}
	}
}

// otherForm are kinds and cases whose nodes, without the spec, tell another form, which gives the same to rounding: see
// TestExportsComeBack.
var otherForm = map[string]string{
	"flatten": "no layer, where the next one reads features in any order", "reshape": "as flatten",
	"permute":          "as flatten, or with a reshape",
	"square":           "multiply",
	"separable_conv1d": "a depthwise convolution and one of single steps",
	"separable_conv2d": "a depthwise convolution and one of single pixels",
	"embedding_2":      "the row of the padding is 0 in the file",
	"group_norm_1":     "without β: with zeros", "group_norm_2": "without γ: with ones",
	"positional_encoding_0": "learned, with the numbers of the sines",
	"whole_video":           "reshape, for a flatten on each step",
	"whole_quantiles":       "slices, softplus and sums: a file does not say of which quantiles",
	"conv2d_6":              "depthwise: as many groups as channels", "multiply_1": "two products of two",
	"dot_2": "permute before it", "dot_3": "permute and unit_norm before it", "dot_4": "unit_norm before it",
	"repeat_vector_1":  "nothing is repeated",
	"time_distributed": "the layer itself where it treats steps alike, as dense does",
	"whole_shared":     "one flatten, behind the difference",
	"cropping1d_1":     "nothing is cropped", "zero_padding2d_1": "nothing is added",
}

// layersThatCount lists the layers of a network that do something in predictions.
func layersThatCount(n *net.Net) (all []string) {
	for _, l := range n.Layers {
		if k := l.Def.Kind.Name; !strings.Contains(k, "dropout") &&
			!slices.Contains([]string{"rescale", "standardize", "linear", "gaussian_noise"}, k) {
			all = append(all, fmt.Sprintf("%s %s", k, l.Shape))
		}
	}
	return all
}

// numbersOf lists the parameters that a training changes, in order.
func numbersOf(n *net.Net, params map[*ir.Param][]float64) (all [][]float64) {
	for _, p := range n.Params {
		if p.Role != ir.Constant {
			all = append(all, params[p])
		}
	}
	return all
}

// TestBatchNormsGoIntoTheLayerBefore: without Training none is left behind a convolution or dense layer, whose weights
// are those that a package has once it is loaded.
func TestBatchNormsGoIntoTheLayerBefore(t *testing.T) {
	for _, c := range []struct {
		name, layers string
		kept         int
	}{
		{"conv", "conv2d: {name: a, filters: 3, kernel_size: 3}\n  - batch_norm\n  - flatten", 0},
		{"bare", "conv2d: {name: a, filters: 3, kernel_size: 3, use_bias: false}\n  - batch_norm\n  - relu\n  - flatten", 0},
		{"depthwise", "depthwise_conv2d: {name: a, kernel_size: 3, depth_multiplier: 2}\n  - batch_norm\n  - flatten", 0},
		{"dense", "flatten\n  - dense: {name: a, units: 5}\n  - batch_norm", 0},
		{"activation", "flatten\n  - dense: {name: a, units: 5, activation: relu}\n  - batch_norm", 1},
		{"twice", "flatten\n  - dense: {name: a, units: 5}\n  - batch_norm: {name: b}\n  - add: {from: [a, b]}", 1},
		{"shared",
			"flatten\n  - dense: {name: a, units: 50}\n  - batch_norm: {name: b}\n" +
				"  - dense: {name: c, units: 50, share: a, from: flatten1}\n  - add: {from: [b, c]}", 1},
	} {
		w := build(t, c.name, "version: 1\nname: try\ninput: {name: x, shape: [5, 5, 2]}\ntask: regression\nlayers:\n  - "+
			c.layers+"\n  - output: {units: 2}\n")
		for _, training := range []bool{false, true} {
			file, err := Export(w.net, w.ref.Params, ExportOptions{Training: training})
			if err != nil {
				t.Fatal(err)
			}
			m, err := Decode(file)
			if err != nil {
				t.Fatal(err)
			}
			norms := 0
			for _, n := range m.Graph.Nodes {
				if n.Op == "BatchNormalization" {
					norms++
				}
			}
			if want := max(c.kept, map[bool]int{true: 1}[training]); norms != want {
				t.Errorf("%s: %d batch norms, want %d", c.name, norms, want)
			}
			r, err := Import(file, Options{Name: "again"})
			if err != nil {
				t.Fatal(err)
			}
			b := w.batch(3)
			d, scales, err := r.Check([]Array{{Shape: []int{b.N, 5, 5, 2}, Data: b.Inputs[0]}}, w.outputsOf(b))
			if err != nil || !(d[0] <= 2e-6*max(1, scales[0])) {
				t.Errorf("%s: off by %v, error %v", c.name, d, err)
			}
		}
	}
}
