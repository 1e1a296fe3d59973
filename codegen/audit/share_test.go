package audit

import (
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestGradientsOfSharedWeightsAreSums reads the training of two layers that share weights, by one worker and by many,
// and finds gradients that are not the sum of both.
func TestGradientsOfSharedWeightsAreSums(t *testing.T) {
	const add = "vec.Add(g.AW[:], g.AW[:], a.s5[:])"
	one := []change{
		{"mtrain/gradient.go", add, "vec.Add(g.AW[:], a.s5[:], a.s5[:])"},
		{"mtrain/gradient.go", add, "vec.Add(g.AW[:], g.AW[:], g.AW[:])"},
		{"mtrain/gradient.go", "\t" + add + "\n", ""},
		{"mtrain/gradient.go", "\tgemm.TN(4, 4, n, a.s1[:n*4], 4, a.s3[:n*4], 4, g.AW[:], 4, gemm.None())\n", ""},
	}
	for _, c := range []struct {
		workers codegen.Workers
		faults  []change
	}{{codegen.OneWorker, one}, {codegen.ManyWorkers, nil}} {
		s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\ninput: {name: x, shape: [4]}\ntask: regression\n"+
			"layers: [dense: {name: a, units: 4, activation: tanh}, dense: {name: b, units: 4, share: a}, "+
			"output: {units: 1}]\ntraining: {batch_size: 8}\n"), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Version: "v0",
			Runtime: codegen.RuntimePath, Workers: c.workers})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		faulty(t, func(files map[string][]byte) (*Report, error) { return Run(out.Net, files) }, out.Files, c.faults)
	}
}
