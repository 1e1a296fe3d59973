package pytorch

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
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// network is a network with parameters and examples.
type network struct {
	name  string
	net   *net.Net
	ref   *ref.Network
	batch ref.Batch
}

const examples = 3

// named are networks whose names are those of PyTorch and Python, or that the module makes of others.
var named = []struct{ name, src string }{
	{"f",
		"input: {name: nn, shape: [4, 6, 3]}\ntask: regression\nlayers:\n" +
			"  - time_distributed: {name: train, layer: {rms_norm: {}}}\n" +
			"  - affine: {name: training}\n  - prelu: {name: training_gamma}\n  - affine: {name: half}\n" +
			"  - time_distributed: {name: eval, layer: {max_pool1d: {pool_size: 2, strides: 1, padding: same}}}\n" +
			"  - time_distributed: {name: float, layer: {layer_norm: {}}}\n" +
			"  - time_distributed: {name: F, layer: {unit_norm: {}}}\n" +
			"  - flatten: {name: torch}\n  - dense: {name: modules, units: 3}\n  - output: {name: state_dict, units: 2}\n"},
	{"kept", "input: {name: m_steps, shape: [4, 3]}\ntask: regression\nlayers:\n" +
		"  - lstm: {name: m, from: m_steps, units: 3, return_state: true}\n  - dense: {name: m_state, from: m, units: 3}\n" +
		"  - lstm: {name: again, from: m_steps, units: 3, initial_state: [m, m.c]}\n" +
		"  - concatenate: {from: [m_state, m.c, again]}\n  - output: {units: 2}\n"},
	{"half",
		"input: {name: x, shape: [7]}\ntask: regression\nweights: {dtype: float16}\nlayers:\n" +
			"  - dense: {units: 5, sparsity: {density: {density: 0.5, seed: 5}}}\n" +
			"  - dense: {units: 3, activation: tanh}\n  - output: {units: 2}\n"},
	{"brain",
		"input: {name: x, shape: [5, 3]}\ntask: regression\nweights: {dtype: bfloat16}\nlayers:\n  - gru: {units: 3}\n" +
			"  - output: {units: 2}\n"},
}

// perStep are layers of which each step is one example of what time_distributed holds.
var perStep = []string{"rms_norm: {}", "rescaling: {scale: 2, offset: 1}", "affine: {}", "layer_norm: {}",
	"unit_norm: {}",
	"slice: {start: 1, size: 2}", "flatten: {}",
	"zero_padding2d: {padding: [[0, 1], [2, 1]]}", "cropping2d: {cropping: [[1, 0], [1, 1]]}",
	"average_pool2d: {pool_size: 3, strides: 1, padding: same}", "max_pool2d: {pool_size: 2, padding: same}",
	"conv2d: {filters: 2, kernel_size: 3, padding: same}", "conv2d_transpose: {filters: 2, kernel_size: 3, strides: 2}",
	"separable_conv2d: {filters: 2, kernel_size: 3}", "average_pool1d: {pool_size: 2, strides: 1, padding: same}",
	"zero_padding1d: {padding: [1, 2]}", "cropping1d: {cropping: [0, 1]}", "conv1d: {filters: 2, kernel_size: 2}",
	"dense: {units: 2}", "tied_dense: {units: 2}", "gru: {units: 2, return_sequences: true}",
	"lstm: {units: 2, go_backwards: true}", "simple_rnn: {units: 2}"}

// wholes are networks of several layers, with preprocessing, shared weights, states, several inputs and outputs.
var wholes = []struct{ name, src string }{
	{"image",
		"input: {name: picture, shape: [8, 6, 2]}\npreprocess: [standardize]\ntask: multiclass\nclasses: 4\nlayers:\n" +
			"  - conv2d: {name: a, filters: 4, kernel_size: 3, padding: same}\n" +
			"  - batch_norm: {name: n}\n  - relu: {name: r}\n" +
			"  - conv2d: {name: b, filters: 4, kernel_size: 3, padding: same, activation: silu}\n" +
			"  - add: {name: s, from: [r, b]}\n" +
			"  - max_pool2d\n  - flatten\n  - dense: {name: class, units: 5, activation: mish}\n  - dropout: {rate: 0.3}\n" +
			"  - output\n"},
	{"text",
		"input: {name: x, shape: [6]}\ntask: multiclass\nclasses: 3\nlayers:\n" +
			"  - embedding: {name: e, input_dim: 11, output_dim: 4}\n  - positional_encoding: learned\n" +
			"  - multi_head_attention: {name: m, num_heads: 2, causal: true}\n  - layer_norm\n  - bidirectional: {gru: 3}\n" +
			"  - output\n"},
	{"two",
		"inputs: [{name: p, shape: [3]}, {name: q, shape: [4, 2]}]\nlayers:\n" +
			"  - dense: {name: a, from: p, units: 4, activation: tanh}\n" +
			"  - lstm: {name: b, from: q, units: 4, return_state: true}\n" +
			"  - gru: {name: d, from: q, units: 4, return_sequences: true, initial_state: [b]}\n  - flatten\n" +
			"  - concatenate: {name: c, from: [a, b, b.c, flatten1]}\n" +
			"  - output: {name: kind, from: c, task: multiclass, units: 3}\n" +
			"  - output: {name: size, from: a, task: regression, units: 2}\n"},
	{"shared",
		"input: {name: x, shape: [5]}\ntask: multiclass\nclasses: 7\nlayers:\n" +
			"  - embedding: {name: e, input_dim: 7, output_dim: 4}\n" +
			"  - time_distributed: {name: t, layer: {dense: {units: 4, activation: relu}}}\n" +
			"  - dense: {name: u, units: 4}\n  - dense: {name: v, units: 4, share: u}\n  - global_average_pool1d\n" +
			"  - output: {name: o, share: e}\n"},
	{"masked",
		"input: {name: x, shape: [6]}\ntask: regression\nlayers:\n  - padding_mask: {name: keep}\n" +
			"  - embedding: {name: e, from: x, input_dim: 5, output_dim: 4}\n" +
			"  - multi_head_attention: {name: m, num_heads: 2, from: [e, keep]}\n" +
			"  - global_average_pool1d: {from: [m, keep]}\n  - output: {units: 2}\n"},
}

// networks returns a network of one layer for each case of each kind that a module can have, and the whole ones.
func networks(t *testing.T) []network {
	var all []network
	for _, d := range op.All() {
		for i, c := range d.Cases {
			if rows[d.Kind.Name] == nil || recurrentMask(d.Kind.Name, c) {
				continue
			}
			var inputs, from []string
			for k, s := range c.In {
				inputs = append(inputs, fmt.Sprintf("{name: in%d, shape: [%s]}", k, extents(s)))
				from = append(from, fmt.Sprintf("in%d", k))
			}
			src := fmt.Sprintf("inputs: [%s]\ntask: regression\nlayers:\n  - %s: {%s}\n  - tanh\n  - output: {dense: false}\n",
				strings.Join(inputs, ", "), d.Kind.Name, c.Keys("l", from))
			all = append(all, build(t, fmt.Sprintf("%s_%d", d.Kind.Name, i), src))
		}
	}
	for _, w := range wholes {
		all = append(all, build(t, "whole_"+w.name, w.src))
	}
	for _, w := range named {
		all = append(all, build(t, w.name, w.src))
	}
	for i, layer := range perStep {
		shape := "2, 4, 5, 3"
		if kind, _, _ := strings.Cut(layer, ":"); strings.HasSuffix(kind, "1d") ||
			slices.Contains([]string{"dense", "tied_dense", "gru", "lstm",
				"simple_rnn"}, kind) {
			shape = "2, 5, 3"
		}
		all = append(all, build(t, fmt.Sprintf("step_%d", i), fmt.Sprintf("input: {name: x, shape: [%s]}\n"+
			"task: regression\nlayers:\n  - time_distributed: {layer: {%s}}\n  - tanh\n  - output: {dense: false}\n", shape,
			layer)))
	}
	return all
}

// recurrentMask tells whether a case is a recurrent layer that reads a mask, which PyTorch has not.
func recurrentMask(kind string, c op.Case) bool {
	return slices.Contains([]string{"lstm", "gru", "simple_rnn"}, kind) && len(c.In)-c.State > 1
}

func build(t *testing.T, name, src string) network {
	t.Helper()
	src = "version: 1\nname: " + name + "\n" + src
	s, problems := spec.Parse(name+".yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%s: %v\n%s", name, problems, src)
	}
	built, list := net.Build(s, nil)
	if list.Err() != nil {
		t.Fatalf("%s: %v\n%s", name, list, src)
	}
	w := network{name: name, net: built, ref: ref.New(built, 3), batch: ref.Batch{N: examples}}
	rng := rand.New(rand.NewPCG(1, uint64(len(src))))
	for p, v := range w.ref.Params {
		for i := range v {
			if p.Values == nil {
				v[i] += 0.3 * rng.NormFloat64()
			}
			if p.Role == ir.Running || strings.HasSuffix(p.Name, ".scale") {
				v[i] = 0.5 + rng.Float64()
			}
			v[i] = float64(float32(v[i]))
		}
		net.Round(p, v)
	}
	for _, in := range built.Inputs {
		tokens := 0
		for _, l := range built.Layers {
			if l.Def == op.Embedding && l.In[0] == in {
				tokens = l.Params[0].Shape[0]
			}
		}
		x := make([]float64, examples*in.Shape.Size())
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
			if slices.ContainsFunc([]string{"log_", "sqrt_", "reciprocal_"},
				func(kind string) bool { return strings.HasPrefix(name, kind) }) {
				x[i] = 0.5 + math.Abs(x[i]) // where they are defined
			}
			if tokens > 0 {
				x[i] = float64(rng.IntN(tokens))
			}
		}
		w.batch.Inputs = append(w.batch.Inputs, x)
	}
	return w
}

const runner = `import importlib.util, json, sys, torch
jobs, results = json.load(open(sys.argv[1])), []
torch.set_num_threads(1)
for j in jobs:
    try:
        s = importlib.util.spec_from_file_location("m", j["File"])
        m = importlib.util.module_from_spec(s)
        s.loader.exec_module(m)
        model = getattr(m, j["Class"])().load(j["Weights"]).eval()
        with torch.no_grad():
            y = model(*[torch.tensor(x["Data"], dtype=torch.float32).reshape(x["Dims"]) for x in j["Inputs"]])
        y = y if isinstance(y, dict) else {j["Names"][0]: y}
        results.append({"Outputs": [y[n].flatten().tolist() for n in j["Names"]], "Shapes": [list(y[n].shape) for n in j["Names"]]})
    except Exception as e:
        results.append({"Error": repr(e)})
json.dump(results, sys.stdout)
`

// TestModulesGiveThePredictionsOfTheNetwork runs the modules of every kind in PyTorch with the weights of the network.
func TestModulesGiveThePredictionsOfTheNetwork(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("%s has no torch", python)
	}
	dir := t.TempDir()
	type array struct {
		Data []float64
		Dims []int
	}
	type job struct {
		File, Class, Weights string
		Inputs               []array
		Names                []string
	}
	var jobs []job
	all := networks(t)
	for i, w := range all {
		text, err := Module(w.net)
		if err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
		j := job{File: filepath.Join(dir, fmt.Sprintf("m%d.py", i)), Class: camel(w.net.Spec.Name),
			Weights: filepath.Join(dir, fmt.Sprintf("m%d.safetensors", i))}
		var tensors []safetensors.Tensor
		for _, p := range w.net.Params {
			x := net.Tensor(p, nil)
			if p.Pattern != nil {
				x.Shape = []int{p.Size()}
			}
			for _, v := range w.ref.Params[p] {
				x.Data = append(x.Data, float32(v))
			}
			tensors = append(tensors, x)
		}
		b, err := safetensors.Encode(nil, tensors)
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{j.File: text, j.Weights: b} {
			if err := os.WriteFile(name, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for k, x := range w.batch.Inputs {
			j.Inputs = append(j.Inputs, array{x, append([]int{examples}, w.net.Inputs[k].Shape...)})
		}
		for _, o := range w.net.Outputs {
			j.Names = append(j.Names, o.Name)
		}
		jobs = append(jobs, j)
	}
	b, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	file, script := filepath.Join(dir, "jobs.json"), filepath.Join(dir, "run.py")
	for name, content := range map[string][]byte{file: b, script: []byte(runner)} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(python, script, file).Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v\n%s", err, exit.Stderr)
	}
	var results []struct {
		Error   string
		Outputs [][]float64
		Shapes  [][]int
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("%v\n%.500s", err, out)
	}
	for i, r := range results {
		if r.Error != "" {
			t.Errorf("%s: %s\n%s", all[i].name, r.Error, must(os.ReadFile(jobs[i].File)))
			continue
		}
		pass := all[i].ref.Forward(all[i].batch, false, 0)
		for k, o := range all[i].net.Outputs {
			if want := append([]int{examples}, o.Layer.Shape...); !slices.Equal(r.Shapes[k], want) {
				t.Errorf("%s: output of shape %v, want %v", all[i].name, r.Shapes[k], want)
				continue
			}
			worst, scale := 0.0, 1.0
			for n, v := range pass.Values[o.Layer].Data {
				scale = max(scale, math.Abs(v))
				worst = max(worst, math.Abs(v-r.Outputs[k][n]))
			}
			if !(worst <= 1e-5*scale) {
				t.Errorf("%s: output %q is off by %g of %g\n%s", all[i].name, o.Name, worst, scale, must(os.ReadFile(jobs[i].File)))
			}
		}
	}
	t.Logf("%d modules", len(results))
}

func must(b []byte, _ error) []byte { return b }

// TestModulesReadAsWritten compares the modules of the whole networks with testdata/pytorch, which NNGEN_UPDATE=1
// writes.
func TestModulesReadAsWritten(t *testing.T) {
	for _, w := range wholes {
		got, err := Module(build(t, w.name, w.src).net)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("../../testdata/pytorch", w.name+".py")
		if os.Getenv("NNGEN_UPDATE") != "" {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Error(d)
		}
	}
}

// TestEveryKindHasAForm: kinds without one are those that a spec writes out, and recurrent masks.
func TestEveryKindHasAForm(t *testing.T) {
	for _, d := range op.All() {
		if rows[d.Kind.Name] == nil && d.Kind.Name != "output" {
			t.Errorf("no form of %s", d.Kind.Name)
		}
	}
	w := build(t, "m",
		"inputs: [{name: x, shape: [4, 2]}, {name: keep, shape: [4]}]\ntask: regression\nlayers:\n"+
			"  - gru: {name: g, from: [x, keep], units: 2}\n  - output: {units: 1}\n")
	if _, err := Module(w.net); err == nil || !strings.Contains(err.Error(),
		`layer "g" (gru): its mask has no counterpart in PyTorch`) {
		t.Errorf("error %v", err)
	}
}
