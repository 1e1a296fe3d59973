package onnx

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
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

// TestScikitLearnPipelines imports what skl2onnx wrote.
func TestScikitLearnPipelines(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "skl_*.onnx"))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { t.Logf("%s", imported(t, file).Spec) })
	}
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
