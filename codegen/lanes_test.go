package codegen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// lanesNetworks are networks for whose gradients kernels are made: each way to turn rows into lanes and back, to cut
// sums into chains and gradients into tiles, each activation with its derivative in a product and apart, and losses of
// all kinds.
var lanesNetworks = []struct{ in, output, layers string }{
	{"1", "regression|output: {units: 1}", "dense: {units: 1, activation: relu}"},
	{"2", "binary|output", "dense: {units: 7, activation: tanh}"},
	{"3", "multiclass, classes: 3|output", "dense: {units: 5, activation: leaky_relu}"},
	{"4", "multiclass, classes: 2|output", "dense: {units: 17, use_bias: false, activation: sigmoid}"},
	{"5", "multiclass, classes: 20|output", "dense: {units: 33, activation: gelu}"},
	{"19", "regression|output: {units: 2, loss: mae}", "dense: {units: 19, activation: elu}"},
	{"37", "regression|output: {units: 11, loss: huber}",
		"dense: {units: 9, activation: relu}, dense: {units: 32, activation: silu}"},
	{"64", "multiclass, classes: 10|output",
		"dense: {units: 32, activation: relu}, dense: {units: 16, activation: mish}"},
	{"4", "regression|output: {units: 4}", "dense: {units: 32, activation: tanh}, dense: {units: 16, activation: tanh}"},
	{"16", "regression|output: {units: 1, activation: sigmoid}", "dense: {units: 8, activation: selu}"},
	{"6", "binary|output: {loss: hinge}", "dense: {units: 24, activation: softplus}"},
	{"10", "regression|output: {units: 3, loss: log_cosh}", "dense: {units: 12, trainable: false}, dense: {units: 13}"},
	{"8", "multiclass, classes: 64|output", "dense: {units: 64, activation: hard_swish}"},
}

// lanesSpec writes the spec of one of them.
func lanesSpec(i int) string {
	n := lanesNetworks[i]
	task, output, _ := strings.Cut(n.output, "|")
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nname: net%d\ninput: {name: x, shape: [%s]}\n", i, n.in)
	if i%2 > 0 {
		fmt.Fprintf(&b, "preprocess: [standardize]\n")
	}
	fmt.Fprintf(&b, "task: %s\nlayers:\n", strings.ReplaceAll(task, ", ", "\n"))
	for l := range strings.SplitSeq(n.layers, "}, ") {
		fmt.Fprintf(&b, "  - %s}\n", strings.TrimSuffix(l, "}"))
	}
	fmt.Fprintf(&b, "  - %s\ntraining: {batch_size: 100}\ngenerate: {kernels: made}\n", output)
	return b.String()
}

// lanesTest compares gradients and losses by kernels with those layer by layer, which the watch switches to, for
// batches of all sizes past three rounds, with weights of the examples and without, on numbers of all kinds, and looks
// for what is written beside the gradients.
const lanesTest = `package net%[1]dtrain

import (
	"math"
	"testing"

	"nngen.invalid/lanes/net%[1]d"
	"nngen.invalid/lanes/rt/mem"
)

func TestKernels(t *testing.T) {
	state := uint32(%[1]d + 1)
	number := func(hostile bool) float32 {
		state = state*1664525 + 1013904223
		rare := [...]float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)),
			float32(math.Inf(-1)), 0x1p-140, -0x1p-149, 0x1p120}
		if k := state >> 24; int(k) < 2*len(rare) && hostile {
			return rare[k/2]
		}
		return float32(state>>8)/(1<<23) - 1
	}
	same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b }
	type guarded struct {
		before [16]float32
		g      net%[1]d.Params
		behind [16]float32
	}
	for try := range 9 {
		tr := New(uint64(try))
		for _, p := range tr.Weights.Tensors() {
			for i := range p.Data {
				p.Data[i] = number(try %% 3 == 2)
			}
			for i, v := range p.Fixed {
				p.Data[i] = v
			}
		}
		for n := 1; n <= Batch; n += 1 + n/50*7 {
			x, y := make([]float32, n*net%[1]d.InputSize), make([]float32, n*net%[1]d.OutputSize)
			for i := range x {
				x[i] = number(try %% 3 == 1)
			}
			for i := range y {
				y[i] = number(false)
			}
			var weights []float32
			if n %% 3 == 1 {
				weights = make([]float32, n)
				for i := range weights {
					weights[i] = 1 + number(false)
				}
			}
			var lanes, layers guarded
			for i := range lanes.before {
				lanes.before[i], lanes.behind[i] = 77, 77
			}
			a := tr.gradient(n, 0, x, y, weights, 0.125, &lanes.g)
			tr.watch.On = true
			b := tr.gradient(n, 0, x, y, weights, 0.125, &layers.g)
			tr.watch.On = false
			if a != b && (a == a || b == b) {
				t.Fatalf("%%d examples: loss %%v by kernels, %%v layer by layer", n, a, b)
			}
			for i := range lanes.before {
				if lanes.before[i] != 77 || lanes.behind[i] != 77 {
					t.Fatal("wrote beside the gradients")
				}
			}
			got, want := mem.Flat(&lanes.g), mem.Flat(&layers.g)
			for i := range got {
				if !same(got[i], want[i]) {
					t.Fatalf("%%d examples: gradient %%d is %%v by kernels, %%v layer by layer", n, i, got[i], want[i])
				}
			}
		}
	}
}
`

// TestMadeGradientsHaveTheBitsOfLayers builds networks whose gradients have kernels, and compares these with the
// runtime.
func TestMadeGradientsHaveTheBitsOfLayers(t *testing.T) {
	const module = "nngen.invalid/lanes"
	files := map[string][]byte{}
	for i := range lanesNetworks {
		s, problems := spec.Parse("net.yaml", []byte(lanesSpec(i)), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatalf("%s\n%v", lanesSpec(i), err)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: fmt.Sprintf("%s/net%d", module, i),
			Runtime: module + "/rt", Workers: codegen.OneWorker})
		if err := problems.Err(); err != nil {
			t.Fatalf("%s\n%v", lanesSpec(i), err)
		}
		if out.Plan.MadeGradient == nil {
			t.Errorf("%s\nno kernels are made for gradients", lanesSpec(i))
			continue
		}
		for name, src := range out.Files {
			if !strings.HasSuffix(name, "_test.go") {
				files[fmt.Sprintf("net%d/%s", i, name)] = src
			}
		}
		files[fmt.Sprintf("net%d/net%[1]dtrain/lanes_test.go", i)] = fmt.Appendf(nil, lanesTest, i)
	}
	testInModule(t, module, files)
}

// TestGradientsThatKernelsAreNotMadeFor keep the library: where numbers are drawn, norms look at a batch, layers skip
// others, layers are wide, a step is much work, or workers share it.
func TestGradientsThatKernelsAreNotMadeFor(t *testing.T) {
	const dense = "  - dense: {name: a, units: 8, activation: relu}\n"
	for _, c := range []struct {
		name, layers string
		workers      codegen.Workers
		why          string
	}{
		{"a dropout", dense + "  - dropout: {rate: 0.5}\n", codegen.OneWorker, "dropout"},
		{"a norm", dense + "  - batch_norm\n", codegen.OneWorker, "batch_norm"},
		{"a skip", dense + "  - dense: {name: b, units: 8}\n  - add: {from: [a, b]}\n", codegen.OneWorker, "add"},
		{"a wide layer", "  - dense: {units: 65}\n", codegen.OneWorker, "65"},
		{"workers", dense, codegen.ManyWorkers, "workers share"},
		{"much work", strings.Repeat("  - dense: {units: 64}\n", 3), codegen.OneWorker, "multiply-adds a step"},
		{"much work of functions", "  - dense: {units: 16}\n  - dense: {units: 64}\n" + strings.Repeat("  - tanh\n", 8),
			codegen.OneWorker, "multiply-adds a step"},
	} {
		src := "version: 1\nname: m\ninput: {name: x, shape: [64]}\ntask: regression\nlayers:\n" + c.layers +
			"  - output: {units: 2}\ntraining: {batch_size: full}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Version: "v0",
			Workers: c.workers})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		obstacles := out.Plan.MakeGradient("mtrain", 512, false)
		if why := fmt.Sprint(obstacles); !strings.Contains(why, c.why) || out.Plan.MadeGradient != nil {
			t.Errorf("%s: no kernels for %s", c.name, why)
		}
	}
}

// TestGradientsChooseKernels looks at which gradients have kernels: by `auto` those of little work, and those of some
// work in whole rounds of examples; never those of the library.
func TestGradientsChooseKernels(t *testing.T) {
	for _, c := range []struct {
		units, batch int
		kernels      string
		made         bool
	}{
		{8, 1, "auto", true}, {32, 32, "auto", true}, {32, 20, "auto", false}, {64, 32, "auto", false},
		{64, 32, "made", true}, {8, 32, "library", false},
	} {
		s, problems := spec.Parse("m.yaml", fmt.Appendf(nil, `version: 1
name: m
input: {shape: [16]}
task: binary
layers:
  - dense: {units: %d, activation: relu}
  - output
training: {batch_size: %d}
generate: {kernels: %s}
`, c.units, c.batch, c.kernels), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Version: "v0"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		if made := out.Files["mtrain/kernels_amd64.s"] != nil; made != c.made {
			t.Errorf("%+v: made is %t", c, made)
		}
	}
}
