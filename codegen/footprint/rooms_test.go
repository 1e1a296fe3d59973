package footprint_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/spec"
)

// keeping are the shapes and the layers of networks whose kernels keep scratch space on the heap.
var keeping = map[string][2]string{
	"padded": {"[12, 12, 3]", "{conv2d: {filters: 16, kernel_size: 3, padding: same}}, " +
		"{conv2d: {filters: 16, kernel_size: 5, strides: 2}}, flatten, output"},
	"slides": {"[28, 28, 1]", "{conv2d: {filters: 6, kernel_size: 5, padding: same}}, " +
		"{conv2d: {filters: 4, kernel_size: 3, strides: 2}}, flatten, output"},
	"grouped": {"[20, 16]", "{conv1d: {filters: 32, kernel_size: 3, groups: 2, padding: same}}, flatten, output"},
	"depthwise": {"[16, 16, 12]", "{depthwise_conv2d: {kernel_size: 3, padding: same, strides: 2}}, " +
		"{depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2}}, flatten, output"},
	"transposed": {"[8, 8, 16]", "{conv2d_transpose: {filters: 32, kernel_size: 3, padding: same}}, " +
		"{conv2d_transpose: {filters: 3, kernel_size: 4, strides: 2}}, flatten, output"},
	"spreads": {"[8, 8, 16]", "{conv2d_transpose: {filters: 3, kernel_size: 5}}, flatten, output"},
	"attends": {"[96, 32]", "{multi_head_attention: {num_heads: 2}}, flatten, output"},
	"causal":  {"[96, 32]", "{multi_head_attention: {num_heads: 2, causal: true}}, {dense: {units: 3}}, output"},
	"masks": {"[60, 32]", "{masking: {name: mask}}, " +
		"{multi_head_attention: {num_heads: 2, from: [input, mask]}}, flatten, output"},
	"groups":     {"[4, 4, 2048]", "{group_norm: {groups: 8}}, global_average_pool2d, output"},
	"connects":   {"[300]", "{dense: {units: 200, sparsity: {density: {density: 0.1}}}}, output"},
	"lstm":       {"[20, 12]", "{lstm: {units: 100}}, output"},
	"gru":        {"[20, 12]", "{gru: {units: 100}}, output"},
	"gru_before": {"[20, 12]", "{gru: {units: 300, reset_after: false}}, output"},
	"simple":     {"[20, 120]", "{simple_rnn: {units: 300}}, output"},
	"single":     {"[20, 12]", "{simple_rnn: {units: 16}}, output"},
	"remembers": {"[40, 24]", "{conv1d: {filters: 32, kernel_size: 5, dilation_rate: 2, padding: causal}}, " +
		"{dense: {units: 2}}, output"},
}

// keepingInt8 are the same of networks of 8-bit integers.
var keepingInt8 = map[string][2]string{
	"int8_lstm": {"[20, 12]", "{lstm: {units: 60}}, output"},
	"int8_gru":  {"[20, 12]", "{gru: {units: 100, return_sequences: true}}, {gru: {units: 16}}, output"},
	"int8_before": {"[20, 12]", "{bidirectional: {layer: {gru: {units: 300, reset_after: false}}}}, {dense: {units: 5}}, " +
		"output"},
	"int8_simple": {"[3, 5000]", "{simple_rnn: {units: 30}}, output"},
	"int8_conv":   {"[12, 12, 3]", "{conv2d: {filters: 16, kernel_size: 3, padding: same}}, flatten, output"},
}

// heap is what functions of a program have on the heap once they have been called, in bytes.
type heap struct{ Predict, PredictBatch, Steps int64 }

// TestRoomsAreWhatCallsLeaveOnTheHeap runs functions of networks of all kinds that keep scratch space, and compares what is
// on the heap afterwards with what the plan foretells, workspaces included.
func TestRoomsAreWhatCallsLeaveOnTheHeap(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("footprints are those of linux/amd64")
	}
	if !cpu.HasAVX2FMA {
		t.Skip("footprints are those of machines with AVX2")
	}
	if testing.Short() {
		t.Skip("links a program")
	}
	files, _, err := codegen.SharedRuntime(module+"/nnrt", "test")
	if err != nil {
		t.Fatal(err)
	}
	shared := files
	files = map[string][]byte{}
	for name, src := range shared {
		files["nnrt/"+name] = src
	}
	foretold := map[string]heap{}
	var imports, cases strings.Builder
	for _, name := range slices.Sorted(maps.Keys(keeping)) {
		foretold[name] = addKeeping(t, files, name, &imports, &cases)
	}
	for _, name := range slices.Sorted(maps.Keys(keepingInt8)) {
		foretold[name] = addKeepingInt8(t, files, name, &imports, &cases)
	}
	files["main.go"] = fmt.Appendf(nil, keepingProgram, imports.String(), cases.String())
	m, err := sandbox.New(module, files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	exe := build(t, m, ".")
	for _, set := range []string{"", "avx2"} { // the instruction sets
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), "NNRT="+set)
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		got := map[string]heap{}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, name := range slices.Sorted(maps.Keys(foretold)) {
			if _, ok := keepingInt8[name]; ok && set == "" {
				continue // with VNNI, numbers are read in 8 bits
			}
			compareKept(t, name, got[name], foretold[name])
		}
	}
}

// compareKept compares what calls keep with what is foretold.
func compareKept(t *testing.T, name string, got, want heap) {
	t.Helper()
	for _, x := range []struct {
		what      string
		got, want int64
	}{
		{"Predict", got.Predict, want.Predict},
		{"PredictBatch", got.PredictBatch, want.PredictBatch},
		{"StepBlock", got.Steps, want.Steps},
	} {
		if math.Abs(float64(x.got-x.want)) > 0.1*float64(x.got)+1024 {
			t.Errorf("%s: %d bytes of the heap are foretold for %s, which keeps %d", name, x.want, x.what, x.got)
		}
	}
}

// addKeeping compiles a network, adds its packages, an import of them and the calls of their functions, and returns what is
// foretold.
func addKeeping(t *testing.T, files map[string][]byte, name string, imports, cases *strings.Builder) heap {
	t.Helper()
	out := compileKeeping(t, files, name, keeping[name], false)
	fmt.Fprintf(imports, "\t%q\n\t%q\n", module+"/"+name, module+"/"+name+"/"+name+"train")
	f, p := out.Footprint(), out.Plan
	want := heap{Predict: f.Rooms.Example, PredictBatch: f.Batch + f.Rooms.Batch, Steps: f.Rooms.Steps}
	if !p.One.Local() {
		want.Predict += f.Example
	}
	steps := ""
	if p.Step != nil {
		want.Steps += f.Steps
		steps = fmt.Sprintf("var s %s.State\n"+
			"\t\t\t\ts.StepBlock(m, xs[:n*%[1]s.StepInputSize], ys[:n*%[1]s.StepOutputSize])", name)
	}
	fmt.Fprintf(cases, `	{
		m := %[1]s.New(&%[1]strain.New(1).Weights)
		all[%[1]q] = heap{
			Predict: keeps(func() { m.Predict((*[%[1]s.InputSize]float32)(xs), (*[%[1]s.OutputSize]float32)(ys)) }),
			PredictBatch: keeps(func() {
				m.PredictBatchWorkers(xs[:%[2]d*%[1]s.InputSize], ys[:%[2]d*%[1]s.OutputSize], 1)
			}),
			Steps: keeps(func() {
				const n = %[3]d
				%[4]s
			}),
		}
		runtime.KeepAlive(m)
	}
`, name, p.BatchRows, max(p.BlockRows, 1), steps)
	return want
}

// compileKeeping compiles a network and adds its packages.
func compileKeeping(t *testing.T, files map[string][]byte, name string, net [2]string, int8s bool) *codegen.Output {
	t.Helper()
	src := fmt.Sprintf("version: 1\nname: %s\ntask: regression\ninput: {name: input, shape: %s}\nlayers: [%s]\n",
		name, net[0], net[1])
	s, problems := spec.Parse(name+".yaml", []byte(src), op.Schema())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	out, problems := codegen.Compile(s, nil,
		codegen.Options{ImportPath: module + "/" + name, Runtime: module + "/nnrt", Int8: int8s})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for file, src := range out.Files {
		files[name+"/"+file] = src
	}
	return out
}

// addKeepingInt8 is addKeeping for the package of 8-bit integers, whose integers are 0.
func addKeepingInt8(t *testing.T, files map[string][]byte, name string, imports, cases *strings.Builder) heap {
	t.Helper()
	out := compileKeeping(t, files, name, keepingInt8[name], true)
	pkg, f, p := codegen.Int8Package(name), out.Int8Footprint(), out.Int8Plan
	files[name+"/"+pkg+"/weights.safetensors"] = nil // which Default alone reads
	want := heap{Predict: f.Rooms.Example, PredictBatch: f.Batch + f.Rooms.Batch}
	if !p.One.Local() {
		want.Predict += f.Example
	}
	fmt.Fprintf(imports, "\t%q\n", module+"/"+name+"/"+pkg)
	fmt.Fprintf(cases, `	{
		var w %[1]s.Weights
		for _, t := range w.Tensors() {
			for i := range t.Data {
				t.Data[i] = 1
			}
		}
		m := %[1]s.New(&w)
		all[%[2]q] = heap{
			Predict: keeps(func() { m.Predict((*[%[1]s.InputSize]float32)(xs), (*[%[1]s.OutputSize]float32)(ys)) }),
			PredictBatch: keeps(func() {
				m.PredictBatchWorkers(xs[:%[3]d*%[1]s.InputSize], ys[:%[3]d*%[1]s.OutputSize], 1)
			}),
		}
		runtime.KeepAlive(m)
	}
`, pkg, name, p.BatchRows)
	return want
}

// keepingProgram measures what calls keep.
const keepingProgram = `package main

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"

%s)

type heap struct{ Predict, PredictBatch, Steps int64 }

var xs, ys = make([]float32, 1<<24), make([]float32, 1<<22)

// live returns the bytes of the heap that are in use after some collections: two of them empty all pools, one doesn't.
func live(collections int) int64 {
	for range collections {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// keeps returns by how much the heap grows by calls of a function, as often as scratch space may be made longer.
func keeps(f func()) int64 {
	before := live(3)
	f()
	f()
	return live(1) - before
}

func main() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
	keeps(func() {}) // what the program itself needs
	all := map[string]heap{}
%s	json.NewEncoder(os.Stdout).Encode(all)
}
`
