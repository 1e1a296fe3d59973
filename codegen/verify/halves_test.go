package verify

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/spec"
)

// halved are networks that have, between them, all kinds with kernels or tables: those of TestHalvesAreRoundedWeights.
var halved = []struct{ name, spec string }{
	{"dense", `
input: {shape: [40]}
task: multiclass
classes: 3
layers:
  - dense: {units: 70, activation: leaky_relu}
  - dense: {units: 30, activation: tanh, use_bias: false}
  - dense: {units: 9, sparsity: {density: 0.5}}
  - dense: {units: 80, weights: bfloat16}
  - dense: {name: same, units: 80, weights: float32}
  - dense: {units: 80, share: same, activation: relu}
  - output`},
	{"tables", `
input: {shape: [6], tokens: {characters: abcdefghijklmnopqrstuvwxyz}}
task: multiclass
layers:
  - embedding: {name: table, output_dim: 20}
  - positional_encoding: learned
  - multi_head_attention: {num_heads: 2}
  - layer_norm
  - dense: {units: 20, activation: relu}
  - output: {share: table}
`},
	{"images", `
input: {shape: [9, 9, 3]}
task: regression
layers:
  - conv2d: {filters: 20, kernel_size: 3, padding: same, activation: relu}
  - conv2d: {filters: 16, kernel_size: 3, groups: 2, use_bias: false}
  - batch_norm
  - depthwise_conv2d: {kernel_size: 3, padding: same}
  - separable_conv2d: {filters: 24, kernel_size: 3}
  - conv2d_transpose: {filters: 5, kernel_size: 3, strides: 2}
  - conv2d: {filters: 4, kernel_size: 1}
  - global_average_pool2d
  - output: {units: 2}`},
	{"series", `
input: {shape: [12, 5]}
task: regression
layers:
  - conv1d: {filters: 18, kernel_size: 3, padding: causal}
  - depthwise_conv1d: {kernel_size: 3, padding: causal}
  - separable_conv1d: {filters: 12, kernel_size: 2, padding: causal}
  - lstm: {units: 20, return_sequences: true}
  - gru: {units: 17, return_sequences: true}
  - gru: {units: 8, reset_after: false, return_sequences: true}
  - time_distributed: {layer: {dense: {units: 6}}}
  - simple_rnn: {units: 9}
  - output: {units: 1}`},
	{"both", `
input: {shape: [7, 4]}
task: binary
layers:
  - bidirectional: {layer: {lstm: {units: 11, return_sequences: true}}}
  - bidirectional: {layer: {gru: {units: 6}}}
  - output`},
}

// TestHalvesAreRoundedWeights compiles networks whose weights have 16 bits, and the same with float32 ones. With one
// set of weights, which are rounded for the second, all predictions have the same bits: of one example, of batches,
// step by step, and of models that come from files.
func TestHalvesAreRoundedWeights(t *testing.T) {
	files := map[string][]byte{}
	var imports, calls strings.Builder
	kinds := map[string]bool{} // that the networks have
	for i, n := range halved {
		dtypes := []string{"float16", "bfloat16", "float32"}
		if testing.Short() {
			dtypes = []string{dtypes[i%2], "float32"}
		}
		var out *codegen.Output // that of float32 at last
		for _, dtype := range dtypes {
			src := fmt.Sprintf("version: 1\nname: %s\nweights: {dtype: %s}%s\ngenerate: {train: false}\n", n.name, dtype, n.spec)
			pkg := n.name + "_" + dtype
			s := load(t, pkg+".yaml", []byte(src))
			if dtype == "float32" {
				for k := range s.Layers {
					s.Layers[k].DType = ""
				}
			}
			path := "verify/" + pkg
			var problems spec.ErrorList
			out, problems = codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: path,
				Version: "verify", Runtime: runtimePath})
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			for name, src := range out.Files {
				files[pkg+"/"+name] = src
			}
			fmt.Fprintf(&imports, "\t%s %q\n", pkg, path)
			for _, l := range out.Net.Layers {
				kinds[l.Def.Kind.Name] = true
			}
		}
		in, outs := out.Net.Inputs[0].Shape.Size(), out.Net.Outputs[0].Layer.Shape.Size()
		tokens := 0
		if v := out.Net.Inputs[0].Vocabulary; v != nil {
			tokens = v.Size()
		}
		for _, dtype := range dtypes[:len(dtypes)-1] {
			step := ""
			if out.Stream != nil {
				stepIn, stepOut := out.Plan.Step.Sizes()
				step = fmt.Sprintf(`
	var sa %[1]s_%[2]s.State
	var sb %[1]s_float32.State
	for i := range %[3]d {
		var ya, yb [%[4]d]float32
		a.Step(&sa, (*[%[5]d]float32)(x[i*%[5]d:]), &ya)
		b.Step(&sb, (*[%[5]d]float32)(x[i*%[5]d:]), &yb)
		same("step", ya[:], yb[:])
	}
`, n.name, dtype, min(in/stepIn[0], out.Plan.Step.Graph.Stream), stepOut[0], stepIn[0])
			}
			fmt.Fprintf(&calls, `
func() {
	name = "%[1]s_%[2]s"
	wa, wb := new(%[1]s_%[2]s.Weights), new(%[1]s_float32.Weights)
	ta, tb := wa.Tensors(), wb.Tensors()
	for i := range ta {
		draw(ta[i])
	}
	a := %[1]s_%[2]s.New(wa)
	file := wa.Save(os.Args[1])
	wa.Round()
	for i := range ta {
		copy(tb[i].Data, ta[i].Data)
	}
	b := %[1]s_float32.New(wb)
	const n = 37
	x := inputs(n*%[3]d, %[5]d)
	ya, yb := make([]float32, n*%[4]d), make([]float32, n*%[4]d)
	a.PredictBatch(x, ya)
	b.PredictBatch(x, yb)
	same("batch", ya, yb)
	for i := range n {
		var y [%[4]d]float32
		a.Predict((*[%[3]d]float32)(x[i*%[3]d:]), &y)
		same("one", y[:], yb[i*%[4]d:][:%[4]d])
	}
	a, err := %[1]s_%[2]s.Load(os.Args[1])
	if file != nil || err != nil {
		fmt.Println(name, file, err)
		return
	}
	a.PredictBatch(x, ya)
	same("file", ya, yb)
	if wb.Save(os.Args[1]) == nil {
		a, err = %[1]s_%[2]s.Load(os.Args[1])
	}
	if err != nil {
		fmt.Println(name, "a file of float32:", err)
		return
	}
	a.PredictBatch(x, ya)
	same("file of float32", ya, yb)
	%[6]s
}()
`, n.name, dtype, in, outs, tokens, step)
		}
	}
	copies, err := bundle.Files(bundle.Config{Source: runtime.Source, From: codegen.RuntimePath, To: runtimePath,
		Header: "// A copy of the runtime."}, files)
	if err != nil {
		t.Fatal(err)
	}
	for path, src := range copies {
		files["rt/"+path] = src
	}
	files["driver/main.go"] = []byte("package main\n\nimport (\n\t\"fmt\"\n\t\"math\"\n\t\"os\"\n\n\t\"" + runtimePath +
		"/safetensors\"\n" + imports.String() + ")\n" + halvesProgram + "func main() {\n" + calls.String() + "}\n")
	m, err := sandbox.New("verify", files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	exe, err := m.Build(t.Context(), "driver", "-trimpath", "-gcflags=verify/...=-dwarf=false", "-ldflags=-s -w")
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{nil, {"NNRT=generic"}} {
		program := sandbox.Program{Exe: exe, Args: []string{m.Path("weights")}, Env: env,
			Line: func(line []byte) error { t.Errorf("%v: %s", env, line); return nil }}
		if err := m.Run(t.Context(), program); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range op.All() {
		for _, a := range d.Kind.Attrs {
			switch role, ok := strings.CutSuffix(a.Name, "_initializer"); {
			case !ok, role == "bias", role == "gamma", role == "beta", role == "alpha":
			case !kinds[d.Kind.Name]:
				t.Errorf("no network has a %s, whose %s has weights that may have 16 bits", d.Kind.Name, role)
			}
		}
	}
}

// halvesProgram is told the name of a file for weights.
const halvesProgram = `
var (
	name  string
	state uint32
)

// next returns a number from −1 to 1.
func next() float32 {
	state = state*1664525 + 1013904223
	return float32(int32(state)) / (1 << 31)
}

func draw(t safetensors.Tensor) {
	for i := range t.Data {
		t.Data[i] = next()
		if len(t.Name) > 4 && t.Name[len(t.Name)-4:] == ".var" {
			t.Data[i] = 0.5 + t.Data[i]*t.Data[i]
		}
	}
}

// inputs returns numbers, or tokens if there are some.
func inputs(n, tokens int) []float32 {
	x := make([]float32, n)
	for i := range x {
		if x[i] = next(); tokens > 0 {
			x[i] = float32(int(1e6*(1+x[i])) % tokens)
		}
	}
	return x
}

func same(what string, a, b []float32) {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			fmt.Printf("%s: %s: number %d is %v, with rounded float32 weights %v\n", name, what, i, a[i], b[i])
			return
		}
	}
}

`
