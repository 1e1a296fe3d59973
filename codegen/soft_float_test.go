package codegen_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/runtime/safetensors"
)

// TestIntegersSpareSoftFloat counts the instructions of a prediction of digits on arm without a floating-point unit, in
// float32 and in 8-bit integers, if NNGEN_ARCH is set: integers take a hundredth at most.
func TestIntegersSpareSoftFloat(t *testing.T) {
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
	for name, b := range softFloat(t, root) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	output(t, dir, []string{"GOARCH=arm", "GOARM=5", "CGO_ENABLED=0"}, "go", "build", "-mod=mod", "-o", "all", ".")
	// A prediction is what more of them take than one, since the start of the program takes as much as many.
	count := func(which string, more int) int {
		var instructions [2]int
		for i, times := range []int{1, 1 + more} {
			said := output(t, dir, nil, "qemu-arm", "-plugin", plugin, "./all", which, strconv.Itoa(times))
			n, err := strconv.Atoi(string(bytes.TrimSpace(said)))
			if err != nil {
				t.Fatal(err)
			}
			instructions[i] = n
		}
		return (instructions[1] - instructions[0]) / more
	}
	float, int8 := count("float", 2), count("int8", 100)
	t.Logf("a prediction takes %d instructions in float32, %d in integers: %.0f times fewer", float, int8,
		float64(float)/float64(int8))
	if float < 100*int8 {
		t.Error("integers take more than a hundredth")
	}
}

// output runs a program in a folder, with more variables of the environment, and returns what it says.
func output(t *testing.T, dir string, env []string, command ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	b, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, b)
	}
	return b
}

// softFloat returns a module with the packages of digits, with made-up weights, and a program that predicts.
func softFloat(t *testing.T, root string) map[string][]byte {
	t.Helper()
	spec, err := os.ReadFile(filepath.Join(root, "generated/digits/digits.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	spec = append(spec, "generate: {train: false, runtime: import}\nquantize: {io: int8}\n"...)
	out, r := plantest.Compile(t, "digits.yaml", spec, nil), rand.New(rand.NewPCG(7, 8))
	weights := plantest.Draw(out, r)
	var tensors []safetensors.Tensor
	for _, p := range out.Net.Params {
		tensors = append(tensors, net.Tensor(p, weights[p.Name]))
	}
	encode := func(sum string, tensors []safetensors.Tensor) []byte {
		b, err := safetensors.Encode(map[string]string{"spec": sum}, tensors)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	int8 := encode(out.Int8.Sum(), out.Int8.Tensors(plantest.Calibrate(t, out, weights, r)))
	full, problems := codegen.Compile(out.Net.Spec, nil, codegen.Options{ImportPath: "m/digits", Embed: true, Int8: true,
		Int8Weights: int8, Version: "v0"})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	files := map[string][]byte{
		"digits/weights.safetensors":            encode(out.Net.ModelSum(), tensors),
		"digits/digitsint8/weights.safetensors": int8,
		"go.mod": fmt.Appendf(nil, "module m\n\ngo 1.24\n\nrequire github.com/nngen/nngen v0.0.0\n\n"+
			"replace github.com/nngen/nngen => %s\n", root),
		"main.go": []byte(`package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"m/digits"
	"m/digits/digitsint8"
)

// The first thread, which is counted, has main and nothing else.
func init() { runtime.LockOSThread() }

func main() {
	debug.SetGCPercent(-1)
	times, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	if os.Args[1] == "float" {
		var x [digits.InputSize]float32
		var y [digits.OutputSize]float32
		for i := range x {
			x[i] = float32(i * 7 % 17)
		}
		for range times {
			digits.Default().Predict(&x, &y)
		}
		return
	}
	var x [digitsint8.InputSize]int8
	var y [digitsint8.OutputSize]int8
	for i := range x {
		x[i] = int8(i * 7 % 17)
	}
	for range times {
		digitsint8.Default().PredictInt8(&x, &y)
	}
}
`),
	}
	for name, b := range full.Files {
		files["digits/"+name] = b
	}
	return files
}
