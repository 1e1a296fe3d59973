package codegen_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// neonNetworks are those of the table «On arm64» of bench/README.md, but for their sizes as specs have them.
var neonNetworks = map[string]string{
	"n4_16_3": "input: {shape: [4]}\ntask: multiclass\nclasses: 3\n" +
		"layers: [dense: {units: 16, activation: relu}, output]\n",
	"n64_32_10": "input: {shape: [64]}\ntask: multiclass\nclasses: 10\n" +
		"layers: [dense: {units: 32, activation: relu}, output]\n",
	"n784_128_10": "input: {shape: [784]}\ntask: multiclass\nclasses: 10\n" +
		"layers: [dense: {units: 128, activation: relu}, output]\n",
	"n784_512_512_10": "input: {shape: [784]}\ntask: regression\nlayers:\n  - dense: {units: 512, activation: relu}\n" +
		"  - dense: {units: 512, activation: relu}\n  - output: {units: 10}\n",
	"lenet": "input: {shape: [28, 28, 1]}\ntask: multiclass\nclasses: 10\nlayers:\n" +
		"  - conv2d: {filters: 6, kernel_size: 5, padding: same, activation: relu}\n  - max_pool2d\n" +
		"  - conv2d: {filters: 16, kernel_size: 5, activation: relu}\n  - max_pool2d\n  - flatten\n" +
		"  - dense: {units: 120, activation: relu}\n  - dense: {units: 84, activation: relu}\n  - output\n",
	"lstm16": "input: {shape: [64, 1]}\ntask: regression\nlayers: [lstm: {units: 16}, output]\n",
	"gru24":  "input: {shape: [64, 1]}\ntask: regression\nlayers: [gru: {units: 24}, output]\n",
}

// neonWork is what is counted of a network: the statements that make it ready, and one that is repeated, for some
// examples.
var neonWork = map[string]struct {
	ready, again string
	examples     int
}{
	"one": {"var x [%[1]s.InputSize]float32\nvar y [%[1]s.OutputSize]float32\nfill(x[:])", "m.Predict(&x, &y)", 1},
	"of 256, each": {"x, y := make([]float32, 256*%[1]s.InputSize), make([]float32, 256*%[1]s.OutputSize)\nfill(x)",
		"m.PredictBatch(x, y)", 256},
	"one step": {"var s %[1]s.State\nvar x [%[1]s.StepInputSize]float32\nvar y [%[1]s.StepOutputSize]float32",
		"s.Step(m, &x, &y)", 1},
	"training, an example": {"t := %[1]strain.New(1)\nx, y := make([]float32, 128*%[1]s.InputSize), " +
		"make([]float32, 128*%[1]s.OutputSize)\nfill(x)\nfor i := range 128 {\ny[i*%[1]s.OutputSize] = 1\n}\n_ = m",
		"t.Step(x, y, nil)", 128},
}

// TestNEONSparesInstructions counts the instructions of predictions and trainings on arm64, of single predictions also by
// the Go twins of kernels, if NNGEN_ARCH is set: kernels take a tenth at most. Its log is the table «On arm64» of
// bench/README.md.
func TestNEONSparesInstructions(t *testing.T) {
	if os.Getenv("NNGEN_ARCH") == "" {
		t.Skip("builds the standard library for another machine: set NNGEN_ARCH")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	plugin := filepath.Join(dir, "instructions.so")
	output(t, "", nil, "cc", "-O2", "-shared", "-fPIC", "-o", plugin, "testdata/instructions.c")
	files := fstest.MapFS{"go.mod": {Data: fmt.Appendf(nil, "module m\n\ngo 1.24\n\n"+
		"require github.com/nngen/nngen v0.0.0\n\nreplace github.com/nngen/nngen => %s\n", root)}}
	var imports, cases strings.Builder
	var rows [][2]string
	for _, name := range slices.Sorted(maps.Keys(neonNetworks)) {
		text := fmt.Sprintf("version: 1\nname: %s\n%straining: {batch_size: 128}\ngenerate: {runtime: import}\n", name,
			neonNetworks[name])
		s, problems := spec.Parse(name+".yaml", []byte(text), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "m/" + name, Version: "v0"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		for file, b := range out.Files {
			files[name+"/"+file] = &fstest.MapFile{Data: b}
		}
		fmt.Fprintf(&imports, "\t\"m/%s\"\n", name)
		for _, what := range slices.Sorted(maps.Keys(neonWork)) {
			trains := strings.HasPrefix(what, "training")
			if (what == "one step") != (out.Plan.Step != nil) || trains && out.Net.Spec.Task == "regression" {
				continue
			}
			if trains {
				fmt.Fprintf(&imports, "\t\"m/%[1]s/%[1]strain\"\n", name)
			}
			work := neonWork[what]
			fmt.Fprintf(&cases, "case %q:\nm := %[2]s.New(weights(new(%[2]s.Weights)))\n%s\nfor range times {\n%s\n}\n",
				name+" "+what, name, fmt.Sprintf(work.ready, name), work.again)
			rows = append(rows, [2]string{name, what})
		}
	}
	files["main.go"] = &fstest.MapFile{Data: fmt.Appendf(nil, neonProgram, imports.String(), cases.String())}
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	output(t, dir, []string{"GOARCH=arm64", "CGO_ENABLED=0"}, "go", "build", "-mod=mod", "-o", "all", ".")
	count := func(row, nnrt string, more int) int {
		var instructions [2]int
		for i, times := range []int{more, 3 * more} {
			said := output(t, dir, []string{"NNRT=" + nnrt, "GOMAXPROCS=1"}, "qemu-aarch64", "-plugin", plugin, "./all", row,
				strconv.Itoa(times))
			n, err := strconv.Atoi(string(bytes.TrimSpace(said)))
			if err != nil {
				t.Fatal(err)
			}
			instructions[i] = n
		}
		return (instructions[1] - instructions[0]) / (2 * more)
	}
	for _, r := range rows {
		row, examples := r[0]+" "+r[1], neonWork[r[1]].examples
		if examples > 1 { // twins take as long for each as for one
			t.Logf("%-32s %9d instructions", row, count(row, "", 1)/examples)
			continue
		}
		often := 1 // of so many, what else the thread does is little beside
		if first := count(row, "", 1); first < 1<<20 {
			often = 1 << 24 / max(first, 1<<10)
		}
		neon := count(row, "", often)
		twins := count(row, "generic", 1+often/20)
		t.Logf("%-32s %9d instructions, by twins %9d", row, neon, twins)
		if twins < 10*neon {
			t.Errorf("%s: kernels take more than a tenth of what their twins do", row)
		}
	}
}

// neonProgram counts nothing: it does as often what it is told.
const neonProgram = `package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/nngen/nngen/runtime/safetensors"
%s)

// The first thread, which is counted, has main and nothing else.
func init() { runtime.LockOSThread() }

func fill(x []float32) {
	for i := range x {
		x[i] = float32(i%%17)/17 - 0.3
	}
}

func weights[W interface{ Tensors() []safetensors.Tensor }](w W) W {
	for _, t := range w.Tensors() {
		fill(t.Data)
	}
	return w
}

func main() {
	debug.SetGCPercent(-1)
	times, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	switch os.Args[1] {
%s	default:
		panic(os.Args[1])
	}
}
`
