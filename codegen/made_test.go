package codegen_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/spec"
)

// madeNetworks are networks for which kernels are made: each way to turn rows into lanes and back, to cut sums into
// chains and columns into blocks, each activation, and functions between layers.
var madeNetworks = []struct{ in, task, layers string }{
	{"1", "regression", "dense: {units: 1, activation: relu}"},
	{"2", "binary", "dense: {units: 7, activation: tanh}"},
	{"3", "multiclass, classes: 3", "dense: {units: 5, activation: leaky_relu}"},
	{"4", "multiclass, classes: 2", "dense: {units: 17, use_bias: false}, layer_of_functions"},
	{"5", "multiclass, classes: 20", "dense: {units: 33, activation: gelu}"},
	{"11", "regression, units: 3", "dense: {units: 6, activation: relu}"},
	{"19", "regression, units: 2", "dense: {name: a, units: 19, activation: elu}, add: {from: [a, x]}"},
	{"37", "regression, units: 11", "dense: {units: 9, activation: relu}, dense: {units: 32, activation: silu}"},
	{"64", "multiclass, classes: 10", "dense: {units: 32, activation: relu}, dense: {units: 16, activation: mish}"},
	{"50", "multiclass, classes: 64", "dense: {units: 64, activation: hard_swish}"},
	{"30", "multiclass, classes: 20", "dense: {units: 39, activation: gelu}"},
	{"45", "regression, units: 37", "dense: {name: a, units: 45, activation: elu}, add: {from: [a, x]}"},
	{"16", "multiclass, classes: 27", "dense: {units: 48, activation: leaky_relu}, dense: {units: 8, activation: relu}"},
}

// madeSpec writes the spec of one of them.
func madeSpec(i int) string {
	n := madeNetworks[i]
	var b strings.Builder
	task, output := n.task, "output"
	if t, units, ok := strings.Cut(task, ", units: "); ok {
		task, output = t, "output: {units: "+units+"}"
	}
	fmt.Fprintf(&b, "version: 1\nname: net%d\ninput: {name: x, shape: [%s]}\n", i, n.in)
	fmt.Fprintf(&b, "preprocess: [{rescale: {scale: 0.5, offset: 0.25}}]\n")
	fmt.Fprintf(&b, "task: %s\nlayers:\n", strings.ReplaceAll(task, ", ", "\n"))
	for l := range strings.SplitSeq(n.layers, "}, ") {
		if l == "layer_of_functions" {
			l = "activation: {function: softplus"
		}
		fmt.Fprintf(&b, "  - %s}\n", strings.TrimSuffix(l, "}"))
	}
	fmt.Fprintf(&b, "  - %s\ngenerate: {train: false, kernels: made}\n", output)
	return b.String()
}

// madeTest compares the kernels of a package with its layers, in batches of all sizes past two of sixteen and of some
// past two of 32, on numbers of all kinds, from any address, and looks for what they write beside the outputs.
const madeTest = `package net%d

import (
	"math"
	"testing"
)

func TestKernels(t *testing.T) {
	state := uint32(%[1]d + 1)
	number := func() float32 {
		state = state*1664525 + 1013904223
		hostile := [...]float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0x1p-140, -0x1p-149, 0x1p120}
		if k := state >> 24; int(k) < 2*len(hostile) && state&0x800000 != 0 {
			return hostile[k/2]
		}
		return float32(state>>8)/(1<<23) - 1
	}
	same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b }
	for try := range 12 {
		w := new(Weights)
		for _, p := range w.Tensors() {
			for i := range p.Data {
				if p.Data[i] = number(); try < 8 && !(p.Data[i] > -2 && p.Data[i] < 2) {
					p.Data[i] = 0.25
				}
			}
			for i, v := range p.Fixed {
				p.Data[i] = v
			}
		}
		m := New(w)
		for rows := range 82 {
			if rows > 50 && rows%%16 > 1 {
				continue
			}
			x := make([]float32, 1+rows*InputSize)[1:]
			for i := range x {
				x[i] = number()
			}
			room := make([]float32, 3+rows*OutputSize+1)
			for i := range room {
				room[i] = 77
			}
			y := room[3:][:rows*OutputSize]
			m.PredictBatch(x, y)
			for i := range 3 {
				if room[i] != 77 {
					t.Fatal("wrote before the outputs")
				}
			}
			if room[len(room)-1] != 77 {
				t.Fatal("wrote behind the outputs")
			}
			for r := range rows {
				var one, layers [OutputSize + 1]float32
				one[OutputSize] = 77
				in := [InputSize]float32(x[r*InputSize:])
				m.Predict(&in, (*[OutputSize]float32)(one[:]))
				m.forward1(&in, (*[OutputSize]float32)(layers[:]), new(workspace1))
				if one[OutputSize] != 77 {
					t.Fatal("Predict wrote behind the outputs")
				}
				for j := range OutputSize {
					if !same(one[j], layers[j]) || !same(y[r*OutputSize+j], layers[j]) {
						t.Fatalf("row %%d of %%d, output %%d of %%v: Predict %%v, PredictBatch %%v, layers %%v", r, rows, j, in, one[j], y[r*OutputSize+j], layers[j])
					}
				}
			}
		}
	}
}
`

// TestMadeKernelsHaveTheBitsOfLayers builds networks with kernels of their own, and compares these with the runtime.
func TestMadeKernelsHaveTheBitsOfLayers(t *testing.T) {
	const module = "nngen.invalid/made"
	files := map[string][]byte{}
	for i := range madeNetworks {
		s, problems := spec.Parse("net.yaml", []byte(madeSpec(i)), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatalf("%s\n%v", madeSpec(i), err)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: fmt.Sprintf("%s/net%d", module, i),
			Runtime: module + "/rt"})
		if err := problems.Err(); err != nil {
			t.Fatalf("%s\n%v", madeSpec(i), err)
		}
		for name, src := range out.Files {
			if !strings.HasSuffix(name, "_test.go") {
				files[fmt.Sprintf("net%d/%s", i, name)] = src
			}
		}
		files[fmt.Sprintf("net%d/made_test.go", i)] = fmt.Appendf(nil, madeTest, i)
	}
	testInModule(t, module, files)
}

// testInModule builds the tests of the packages of a module once for a machine, with a copy of the runtime at rt, and runs
// them on each kind of kernels: on this machine, and on arm64 if there is an emulator. go test would keep the result of
// the first kind for the others: it does not know what is read of the environment before tests begin.
func testInModule(t *testing.T, module string, files map[string][]byte) {
	t.Helper()
	copies, err := bundle.Files(bundle.Config{Source: runtime.Source, From: codegen.RuntimePath, To: module + "/rt",
		Header: "// Copied for a test."}, maps.Clone(files))
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range copies {
		files["rt/"+name] = src
	}
	testOn(t, "", module, files, "NNRT=", "NNRT=avx512", "NNRT=avx2", "NNRT=generic")
	const emulator = "qemu-aarch64"
	if _, err := exec.LookPath(emulator); err == nil && !testing.Short() {
		testOn(t, "arm64 "+emulator, module, files, "NNRT=")
	}
}

// testOn is testInModule for one machine, as NNGENTARGET names it.
func testOn(t *testing.T, target, module string, files map[string][]byte, kinds ...string) {
	t.Helper()
	t.Setenv("NNGENTARGET", target)
	m, err := sandbox.New(module, files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const programs = "bin"
	if _, err := m.Go(t.Context(), "test", "-c", "-vet=off", "-trimpath", "-gcflags="+module+"/...=-dwarf=false",
		"-ldflags=-s -w", "-o", programs+"/", "./..."); err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(m.Path(programs + "/*.test"))
	if err != nil || len(all) == 0 {
		t.Fatalf("%d programs of tests: %v", len(all), err)
	}
	_, run := sandbox.Target()
	for _, env := range kinds {
		for _, exe := range all {
			words := append(slices.Clone(run), exe)
			cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
			cmd.Dir, cmd.Env = m.Dir, append(os.Environ(), env)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s, %q, %s: %v\n%s", filepath.Base(exe), target, env, err, text)
			}
		}
	}
}

// TestNetworksThatKernelsAreNotMadeFor keep the library: where one round of examples takes longer than a call may,
// where there are too many operations, however small, and where one constant stands for several numbers.
func TestNetworksThatKernelsAreNotMadeFor(t *testing.T) {
	var deep strings.Builder
	for i := range 80 {
		fmt.Fprintf(&deep, "  - dense: {name: h%d, units: 64, activation: relu}\n", i)
	}
	for name, layers := range map[string]string{
		"eighty layers":  deep.String(),
		"a thousand":     strings.Repeat("  - dense: {units: 8, activation: tanh}\n", 1000),
		"a padding mask": "  - padding_mask: {name: it, input_dim: 3}\n  - flatten\n",
	} {
		src := "version: 1\nname: m\ninput: {name: x, shape: [64]}\ntask: regression\nlayers:\n" +
			layers + "  - output: {units: 2}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Version: "v0"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		if out.Files["kernels_amd64.s"] != nil {
			t.Errorf("%s: kernels are made", name)
		}
	}
}

// madeCells are layers of networks whose steps have kernels of their own: cells of each kind, with as many units as
// fill registers and not, alone and one behind another, with few numbers before and behind and with many.
var madeCells = []struct{ steps, in, units, layers string }{
	{"9", "1", "1", "lstm: {units: 16}"},
	{"5", "3", "2", "lstm: {units: 1}"},
	{"5", "1", "4", "lstm: {units: 8, return_sequences: true}, lstm: {units: 9}"},
	{"5", "2", "5", "lstm: {units: 16, use_bias: false}, dense: {units: 6, activation: relu}"},
	{"5", "9", "3", "lstm: {units: 15}, dense: {units: 3, activation: leaky_relu}"},
	{"5", "8", "1", "lstm: {units: 24}"},
	{"5", "17", "20", "lstm: {units: 19, return_sequences: true}, simple_rnn: {units: 23}"},
	{"9", "1", "1", "gru: {units: 24}"},
	{"5", "30", "6", "gru: {units: 24, return_sequences: true}, gru: {units: 24, use_bias: false}"},
	{"5", "3", "2", "gru: {units: 1}"},
	{"5", "30", "1", "gru: {units: 8, return_sequences: true}, gru: {units: 13, use_bias: false}"},
	{"5", "4", "33", "gru: {units: 16}, dense: {units: 64, activation: gelu}"},
	{"5", "2", "1", "dense: {units: 5, activation: tanh}, gru: {units: 20}, activation: {function: softsign}"},
	{"5", "1", "1", "simple_rnn: {units: 4}"},
	{"5", "7", "2", "simple_rnn: {units: 11, return_sequences: true}, lstm: {units: 16}"},
	{"5", "2", "3", "simple_rnn: {units: 24, use_bias: false}"},
}

// madeStepTest compares single steps, which have a kernel, with blocks of them, which run layer by layer, on numbers
// of all kinds, and looks for what is written beside the outputs.
const madeStepTest = `package cell%d

import (
	"math"
	"testing"
)

func TestSteps(t *testing.T) {
	seed := uint32(%[1]d + 1)
	number := func() float32 {
		seed = seed*1664525 + 1013904223
		hostile := [...]float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0x1p-140, -0x1p-149, 0x1p120}
		if k := seed >> 24; int(k) < len(hostile)/2 && seed&0x800000 != 0 {
			return hostile[2*k+seed>>22&1]
		}
		return float32(seed>>8)/(1<<23) - 1
	}
	same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b }
	for try := range 12 {
		w := new(Weights)
		for _, p := range w.Tensors() {
			for i := range p.Data {
				if p.Data[i] = number(); try < 8 && !(p.Data[i] > -2 && p.Data[i] < 2) {
					p.Data[i] = 0.25
				}
			}
			for i, v := range p.Fixed {
				p.Data[i] = v
			}
		}
		m := New(w)
		const steps = 40
		x, y := make([]float32, 1+steps*StepInputSize)[1:], make([]float32, steps*StepOutputSize)
		for i := range x {
			if x[i] = number(); try %% 4 < 2 && !(x[i] > -2 && x[i] < 2) {
				x[i] = 0.5
			}
		}
		var blocks State
		blocks.StepBlock(m, x, y)
		var single struct {
			before [3]float32
			s      State
			behind [3]float32
		}
		for i := range steps {
			var one [StepOutputSize + 2]float32
			one[0], one[StepOutputSize+1] = 77, 77
			single.s.Step(m, (*[StepInputSize]float32)(x[i*StepInputSize:]), (*[StepOutputSize]float32)(one[1:]))
			if one[0] != 77 || one[StepOutputSize+1] != 77 {
				t.Fatal("Step wrote beside the outputs")
			}
			for j := range StepOutputSize {
				if !same(one[1+j], y[i*StepOutputSize+j]) {
					t.Fatalf("step %%d, output %%d: kernel %%v, layers %%v", i, j, one[1+j], y[i*StepOutputSize+j])
				}
			}
		}
		if single.before != [3]float32{} || single.behind != [3]float32{} {
			t.Fatal("Step wrote beside the state")
		}
		var count [1]float32
		want := blocks.tensors(&count)
		for k, p := range single.s.tensors(&count) {
			for i := range p.Data {
				if !same(p.Data[i], want[k].Data[i]) {
					t.Fatalf("%%s[%%d]: kernel %%v, layers %%v", p.Name, i, p.Data[i], want[k].Data[i])
				}
			}
		}
	}
}
`

// TestMadeStepsHaveTheBitsOfLayers builds recurrent networks whose steps have a kernel, and compares it with the
// runtime.
func TestMadeStepsHaveTheBitsOfLayers(t *testing.T) {
	const module = "nngen.invalid/steps"
	files := map[string][]byte{}
	for i, c := range madeCells {
		var b strings.Builder
		fmt.Fprintf(&b, "version: 1\nname: cell%d\ninput: {name: x, shape: [%s, %s]}\n", i, c.steps, c.in)
		fmt.Fprintf(&b, "task: regression\nlayers:\n")
		for l := range strings.SplitSeq(c.layers, "}, ") {
			fmt.Fprintf(&b, "  - %s}\n", strings.TrimSuffix(l, "}"))
		}
		fmt.Fprintf(&b, "  - output: {units: %s}\ngenerate: {train: false, stream: always, kernels: made}\n", c.units)
		s, problems := spec.Parse("net.yaml", []byte(b.String()), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatalf("%s\n%v", b.String(), err)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: fmt.Sprintf("%s/cell%d", module, i),
			Runtime: module + "/rt"})
		if err := problems.Err(); err != nil {
			t.Fatalf("%s\n%v", b.String(), err)
		}
		for name, src := range out.Files {
			if !strings.HasSuffix(name, "_test.go") {
				files[fmt.Sprintf("cell%d/%s", i, name)] = src
			}
		}
		files[fmt.Sprintf("cell%d/made_test.go", i)] = fmt.Appendf(nil, madeStepTest, i)
	}
	testInModule(t, module, files)
}

// TestStepsThatKernelsAreNotMadeFor keep the library: of cells with more units than lie side by side, of others that
// have no form, and of masks.
func TestStepsThatKernelsAreNotMadeFor(t *testing.T) {
	for name, layers := range map[string]string{
		"25 units":      "  - lstm: {units: 25}\n",
		"reset before":  "  - gru: {units: 8, reset_after: false}\n",
		"a convolution": "  - conv1d: {filters: 3, kernel_size: 2, padding: causal}\n  - gru: {units: 8}\n",
	} {
		src := "version: 1\nname: m\ninput: {name: x, shape: [9, 2]}\ntask: regression\nlayers:\n" + layers +
			"  - output: {units: 2}\ngenerate: {stream: always}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Version: "v0"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		if out.Files["kernels_amd64.s"] != nil {
			t.Errorf("%s: a kernel is made", name)
		}
	}
}
