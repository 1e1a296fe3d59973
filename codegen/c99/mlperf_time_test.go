package c99_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/runtime/safetensors"
)

// TestTheNetworksOfMLPerfTinyAreTimed prints how long a prediction takes in Go, in float32 and in 8-bit integers, if
// NNGEN_MLPERF is set: the least of some hundred times each, in turn.
func TestTheNetworksOfMLPerfTinyAreTimed(t *testing.T) {
	if os.Getenv("NNGEN_MLPERF") == "" {
		t.Skip("measures this machine: set NNGEN_MLPERF")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	specs, err := filepath.Glob(root + "/testdata/mlperf_tiny/*.yaml")
	if err != nil || len(specs) == 0 {
		t.Fatalf("%v: %v", specs, err)
	}
	dir, r := t.TempDir(), rand.New(rand.NewPCG(7, 8))
	write := func(file string, b []byte) {
		t.Helper()
		file = filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	imports, body := "", ""
	for _, file := range specs {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := plantest.Compile(t, file, src, nil)
		name, weights := out.Net.Spec.Name, plantest.Draw(out, r)
		numbers := plantest.Calibrate(t, out, weights, r)
		s := *out.Net.Spec
		s.Generate.Train, s.Generate.Runtime = false, "import"
		full, problems := codegen.Compile(&s, nil,
			codegen.Options{ImportPath: "m/" + name, Embed: true, Int8: true, Version: "v0"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		for file, b := range full.Files {
			write(name+"/"+file, b)
		}
		var tensors []safetensors.Tensor
		for _, p := range out.Net.Params {
			tensors = append(tensors, net.Tensor(p, weights[p.Name]))
		}
		for file, arrays := range map[string][]safetensors.Tensor{"": tensors,
			codegen.Int8Package(name): out.Int8.Tensors(numbers)} {
			sum := out.Net.ModelSum()
			if file != "" {
				sum = out.Int8.Sum()
			}
			b, err := safetensors.Encode(map[string]string{"spec": sum}, arrays)
			if err != nil {
				t.Fatal(err)
			}
			write(filepath.Join(name, file, "weights.safetensors"), b)
		}
		imports += fmt.Sprintf("\t%q\n\t%q\n", "m/"+name, "m/"+name+"/"+name+"int8")
		body += fmt.Sprintf(`	{
		var x [%[1]s.InputSize]float32
		var y [%[1]s.OutputSize]float32
		for i := range x {
			x[i] = float32(i%%17) - 8
		}
		float, int8 := times(func() { %[1]s.Default().Predict(&x, &y) }, func() { %[1]sint8.Default().Predict(&x, &y) })
		fmt.Printf("| %%s | %%.1f | %%.1f |\n", "%[1]s", float, int8)
	}
`, name)
	}
	write("go.mod",
		[]byte("module m\n\ngo 1.24\n\nrequire github.com/nngen/nngen v0.0.0\n\nreplace github.com/nngen/nngen => "+root+
			"\n"))
	write("main.go", fmt.Appendf(nil, `package main

import (
	"fmt"
	"time"

%s)

// times returns the least microseconds that each function takes, in turn.
func times(all ...func()) (float, int8 float64) {
	least := [2]float64{1e9, 1e9}
	for range 400 {
		for i, f := range all {
			start := time.Now()
			f()
			least[i] = min(least[i], float64(time.Since(start).Nanoseconds())/1000)
		}
	}
	return least[0], least[1]
}

func main() {
%s}
`, imports, body))
	c := exec.CommandContext(t.Context(), "go", "run", "-mod=mod", ".")
	c.Dir = dir
	b, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	t.Logf("microseconds in float32 and int8:\n%s", b)
}
