package c99_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// TestTheTableOfMLPerfTinyHolds compiles the networks of testdata/mlperf_tiny, and holds the table of their sizes in its
// README against what comes out; weights are made up, on which sizes do not depend.
func TestTheTableOfMLPerfTinyHolds(t *testing.T) {
	const folder = "../../testdata/mlperf_tiny"
	specs, err := filepath.Glob(folder + "/*.yaml")
	if err != nil || len(specs) != 5 {
		t.Fatalf("%v: %v", specs, err)
	}
	readme, err := os.ReadFile(folder + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, file := range specs {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := plantest.Compile(t, file, src, nil)
		weights := plantest.Draw(out, r)
		parameters, macs := 0, int64(0)
		for _, l := range out.Net.Layers {
			for _, p := range l.Params {
				parameters += p.Size()
			}
			macs += l.MACs()
		}
		arrays := c99.Floats(nil)
		for q, a := range plantest.Quantize(t, out, weights, [][][]float32{plantest.Example(out, r), plantest.Example(out, r)}) {
			arrays[q.Name] = a
		}
		name := out.Net.Spec.Name
		float, err := c99.Write(c99.Network{Net: out.Net, Name: name, Infer: out.Infer, Weights: c99.Floats(weights)}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		int8, err := c99.Write(c99.Network{Net: out.Net, Name: name + "int8", Infer: out.Int8Infer, Weights: arrays}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		row := fmt.Sprintf("| `%s` | %d | %d | %d | %d | %d | %d |", name, parameters, macs,
			float.Weights+float.Constants, float.Workspace, int8.Weights+int8.Constants, int8.Workspace)
		if !strings.Contains(string(readme), row) {
			t.Errorf("README lacks the row\n%s", row)
		}
	}
}
