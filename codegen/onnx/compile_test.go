package onnx

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestImportsCompile imports every file and every pattern, wants each within two seconds, and compiles what they
// become: each that has a kind of layer that none before it had.
func TestImportsCompile(t *testing.T) {
	models := map[string][]byte{}
	files, _ := filepath.Glob(filepath.Join(fixtures, "*.onnx"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		models[filepath.Base(file)] = b
	}
	if !testing.Short() {
		for _, n := range nodeTests(t, "patterns.tar.gz") {
			models[n.name] = n.model
		}
	}
	var longest time.Duration
	slowest := ""
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(models)) {
		b := models[name]
		start := fuzzing.Processors()
		r, err := Import(b, Options{Name: "model"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := fuzzing.Processors() - start; d > longest {
			longest, slowest = d, name
		}
		fresh := false
		for _, l := range r.Net.Layers {
			fresh = fresh || !seen[l.Def.Kind.Name]
			seen[l.Def.Kind.Name] = true
		}
		if !fresh {
			continue
		}
		s, problems := spec.Parse("model.yaml", r.Spec, op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		if _, problems := codegen.Compile(s, nil, codegen.Options{}); problems.Err() != nil {
			t.Errorf("%s does not compile: %.2000s\n%s", name, problems.Err(), r.Spec)
		}
	}
	if longest > 2*time.Second {
		t.Errorf("the import of %s took %v", slowest, longest)
	}
	t.Logf("the longest import, of %s, took %v", slowest, longest)
}
