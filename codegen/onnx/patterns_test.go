package onnx

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPatterns imports a model for each pattern of nodes, compares with what PyTorch or NumPy gave for it in float64,
// and compares the specs with testdata/onnx/patterns.yaml. NNGEN_UPDATE=1 writes that file.
func TestPatterns(t *testing.T) {
	var got strings.Builder
	for _, n := range nodeTests(t, "patterns.tar.gz") {
		r, err := Import(n.model, Options{Name: "model"})
		if err != nil {
			t.Errorf("%s: %v", n.name, err)
			continue
		}
		fmt.Fprintf(&got, "# %s\n%s---\n", n.name, r.Spec)
		differences, scales, err := r.Check(loaded(t, n.in), loaded(t, n.out))
		if err != nil {
			t.Errorf("%s: %v\n%s", n.name, err, r.Spec)
			continue
		}
		for i, d := range differences {
			if !(d <= 2e-6*math.Max(1, scales[i])) {
				t.Errorf("%s: output %d is off by %g of %g\n%s", n.name, i, d, scales[i], r.Spec)
			}
		}
		if len(r.Report) == 0 {
			t.Errorf("%s: no report", n.name)
		}
	}
	golden := filepath.Join(fixtures, "patterns.yaml")
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

// loaded returns the arrays of a test.
func loaded(t *testing.T, tensors []*Tensor) []Array {
	t.Helper()
	var all []Array
	for _, p := range tensors {
		a, err := p.load(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Array{Shape: a.dims, Data: a.data})
	}
	return all
}
