package onnx

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nngen/nngen/codegen/fuzzing"
)

const fixtures = "../../testdata/onnx"

// TestTorchModelsGiveTheirOutputs imports what PyTorch exported and compares with what PyTorch computed in float64.
func TestTorchModelsGiveTheirOutputs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(fixtures, "*_1[16].onnx"))
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(filepath.Base(file), ".onnx")
		t.Run(base, func(t *testing.T) {
			r := imported(t, file)
			model := base[:len(base)-3]
			x := readNPY(t, filepath.Join(fixtures, model+".x.npy"))
			var want []Array
			for i := range r.Outputs {
				want = append(want, readNPY(t, filepath.Join(fixtures, model+".y"+strconv.Itoa(i)+".npy")))
			}
			differences, scales, err := r.Check([]Array{x}, want)
			if err != nil {
				t.Fatalf("%v\n%s", err, r.Spec)
			}
			for i, d := range differences {
				// The exporter rounds folded weights to float32, the stored outputs are rounded too.
				if !(d <= 2e-6*max(1, scales[i])) {
					t.Errorf("output %d: off by %g of %g\n%s\n%s", i, d, scales[i], r.Spec, strings.Join(r.Report, "\n"))
				}
			}
		})
	}
}

// TestSpecsReadAsWritten compares the specs of all fixtures with testdata/onnx/specs.yaml: they are what a person would
// have written. NNGEN_UPDATE=1 writes the file.
func TestSpecsReadAsWritten(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "*.onnx"))
	var got strings.Builder
	for _, file := range files {
		fmt.Fprintf(&got, "# %s\n%s---\n", filepath.Base(file), imported(t, file).Spec)
	}
	golden := filepath.Join(fixtures, "specs.yaml")
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Error(d)
	}
}

// TestBothOpsetsGiveTheSameNetwork: a batch that is fixed in the file is divided out, so that the spec and the weights
// are those of the file that leaves it open.
func TestBothOpsetsGiveTheSameNetwork(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "*_11.onnx"))
	for _, file := range files {
		a, b := imported(t, file), imported(t, strings.Replace(file, "_11.", "_16.", 1))
		if string(a.Spec) != string(b.Spec) || string(a.Weights) != string(b.Weights) {
			t.Errorf("%s:\n%s\n%s", file, a.Spec, b.Spec)
		}
	}
}

// TestABakedBatchIsDividedOut runs the networks of files with a batch of 5 baked in on other batches: they give the
// same for each example.
func TestABakedBatchIsDividedOut(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "*_11.onnx"))
	for _, file := range files {
		r := imported(t, file)
		base := strings.TrimSuffix(file, "_11.onnx")
		first := func(name string, n int) Array {
			a := readNPY(t, name)
			return Array{Shape: append([]int{n}, a.Shape[1:]...), Data: a.Data[:len(a.Data)/a.Shape[0]*n]}
		}
		for _, n := range []int{1, 2, 5} {
			var want []Array
			for i := range r.Outputs {
				want = append(want, first(base+".y"+strconv.Itoa(i)+".npy", n))
			}
			differences, scales, err := r.Check([]Array{first(base+".x.npy", n)}, want)
			if err != nil {
				t.Fatalf("%s, %d examples: %v", file, n, err)
			}
			for i, d := range differences {
				if !(d <= 2e-6*max(1, scales[i])) {
					t.Errorf("%s, %d examples: output %d is off by %g of %g", file, n, i, d, scales[i])
				}
			}
		}
	}
}

// TestScikitLearnPipelines compares with what ONNX Runtime gave for rows of iris: see testdata/onnx/README.md.
func TestScikitLearnPipelines(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(fixtures, "skl_outputs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs map[string]struct {
		X, Y [][]float64
	}
	if err := json.Unmarshal(b, &runs); err != nil || len(runs) == 0 {
		t.Fatal("no runs", err)
	}
	for name, run := range runs {
		r := imported(t, filepath.Join(fixtures, name+".onnx"))
		differences, scales, err := r.Check([]Array{rows(run.X)}, []Array{rows(run.Y)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// ONNX Runtime computes in float32: sums of 16 terms, then a softmax.
		if !(differences[0] <= 2e-6*max(1, scales[0])) {
			t.Errorf("%s: off by %g of %g", name, differences[0], scales[0])
		}
	}
}

// rows makes an array of rows.
func rows(x [][]float64) Array {
	a := Array{Shape: []int{len(x), len(x[0])}}
	for _, r := range x {
		a.Data = append(a.Data, r...)
	}
	return a
}

// TestEveryNodeThatFailsIsNamed changes operators of a file to ones that do not exist.
func TestEveryNodeThatFailsIsNamed(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(fixtures, "residual_16.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	var bad []string
	for _, n := range m.Graph.Nodes {
		if n.Op == "Relu" {
			n.Op = "Wavelet"
			bad = append(bad, n.Name)
		}
	}
	_, err = m.run(Options{}, primes[0])
	var u *Unsupported
	if !errors.As(err, &u) || len(bad) != 2 {
		t.Fatalf("error %v for %v", err, bad)
	}
	// What reads the first is not told of, since its own operator is known.
	if !strings.Contains(err.Error(), `Wavelet "`+bad[0]+`", opset 16`) {
		t.Errorf("error %q does not name %s", err, bad[0])
	}
}

// FuzzImport: no bytes make the importer panic, hang or take much memory.
func FuzzImport(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "*.onnx"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, archive := range []string{"nodes.tar.gz", "patterns.tar.gz"} {
		for _, n := range nodeTests(f, archive) {
			f.Add(n.model)
		}
	}
	w := build(f, "try", originSpec)
	file, err := Export(w.net, w.ref.Params, ExportOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		bounded(t, func() { Import(b, Options{Name: "model"}) })
	})
}

func imported(t *testing.T, file string) *Result {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Import(b, Options{Name: "model"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var npyShape = regexp.MustCompile(`'shape': \(([^)]*)\)`)

// readNPY reads little-endian floats or 64-bit whole numbers.
func readNPY(t *testing.T, file string) Array {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	header, data := string(b[10:n]), b[n:]
	var a Array
	for _, s := range strings.Split(npyShape.FindStringSubmatch(header)[1], ",") {
		if s = strings.TrimSpace(s); s != "" {
			d, _ := strconv.Atoi(s)
			a.Shape = append(a.Shape, d)
		}
	}
	switch {
	case strings.Contains(header, "'<f4'"):
		for i := 0; i < len(data); i += 4 {
			a.Data = append(a.Data, float64(math.Float32frombits(binary.LittleEndian.Uint32(data[i:]))))
		}
	case strings.Contains(header, "'<i8'"):
		for i := 0; i < len(data); i += 8 {
			a.Data = append(a.Data, float64(int64(binary.LittleEndian.Uint64(data[i:]))))
		}
	default:
		t.Fatalf("%s: %s", file, header)
	}
	return a
}
