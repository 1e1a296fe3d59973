package audit

import (
	"maps"
	"strings"
	"testing"
)

// TestHalvesPass audits packages whose weights have 16 bits, and finds faults in them.
func TestHalvesPass(t *testing.T) {
	const image = "inputs:\n  - {name: x, shape: [8, 8, 2]}\nlayers:\n  - conv2d: {name: c, filters: 4, kernel_size: 3, " +
		"activation: relu}\n  - batch_norm\n  - flatten\n  - dense: {name: h, units: 300, activation: tanh}\n" +
		"  - dense: {name: k, units: 3}\n  - output: {units: 1}\n"
	const text = "inputs:\n  - {name: x, shape: [6]}\nlayers:\n  - embedding: {name: e, input_dim: 9, output_dim: 4}\n" +
		"  - multi_head_attention: {name: a, num_heads: 2}\n  - gru: {name: g, units: 4}\n" +
		"  - tied_dense: {name: t, units: 9}\n  - output: {units: 1}\n"
	for _, c := range []struct {
		spec    string
		changes []change
	}{
		{"weights: float16\n" + image, []change{
			{"forward.go", "half.Float16", "half.BFloat16"},
			{"forward.go", "NNPackedHalf(half.Float16, n, 3, 300,", "NNPackedHalf(half.Float16, n, 3, 299,"},
			{"forward.go", "m.kW[:]", "m.hW[:]"},
			{"m.go", "gemm.PackHalf(144, 300,", "gemm.PackHalf(300, 144,"},
			{"m.go", "safetensors.Halves(&w[8])", "safetensors.Halves(&w[6])"},
			{"m.go", "NewHalfLayer(half.Float16", "NewHalfLayer(half.BFloat16"},
			{"m.go", "Type: safetensors.Float16, ", ""},
			{"m.go", "Type: safetensors.Float16, ", "Type: safetensors.BFloat16, "},
		}},
		{"weights: bfloat16\n" + text, []change{{"forward.go", "half.BFloat16", "half.Float16"}}},
	} {
		out := network(t, "version: 1\nname: m\ntask: regression\n"+c.spec+"training: {batch_size: 5}\n")
		r, err := Run(out.Net, out.Files)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			t.Errorf("%s: %s", c.spec, f)
		}
		for _, m := range c.changes {
			files := maps.Clone(out.Files)
			changed := strings.Replace(string(files[m.file]), m.from, m.to, 1)
			if changed == string(files[m.file]) {
				t.Fatalf("%s has no %q:\n%s", m.file, m.from, changed)
			}
			files[m.file] = []byte(changed)
			if r, err := Run(out.Net, files); err != nil || len(r.Findings) == 0 {
				t.Errorf("%s: %q in the place of %q passes, %v", m.file, m.to, m.from, err)
			}
		}
	}
}
