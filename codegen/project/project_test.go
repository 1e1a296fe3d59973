package project

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen"
)

// TestCall has the go.mod files from which nngen can be run by go.
func TestCall(t *testing.T) {
	for mod, want := range map[string]string{
		"module example.com/m\n\ntool github.com/nngen/nngen/cmd/nngen\n":                                  "go tool nngen",
		"module example.com/m\n\ntool (\n\texample.com/a\n\tgithub.com/nngen/nngen/cmd/nngen // ours\n)\n": "go tool nngen",
		"module example.com/m\n\nrequire " +
			"github.com/nngen/nngen v0.0.0\n": "go run github.com/nngen/nngen/cmd/nngen",
		"module example.com/m\n":          "go run github.com/nngen/nngen/cmd/nngen@latest", // without one go refuses
		"module github.com/nngen/nngen\n": "go run ./cmd/nngen",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := call(dir); got != want {
			t.Errorf("of %q: %q, want %q", mod, got, want)
		}
	}
	for path, want := range map[string]bool{
		"/tmp/go-build20755237/b001/exe/nngen": true,
		"/root/.cache/go-build/7d/7d86d387bc8081f8630f04471322a66169e1f9856c8a15d403254522846dd258-d/nngen": true,
		"/x/7d/7d86d387bc8081f8630f04471322a66169e1f9856c8a15d403254522846dd258-d/nngen":                    true,
		"/home/me/go/bin/nngen": false,
	} {
		if temporary.MatchString(path) != want {
			t.Errorf("%s: temporary %t, want %t", path, !want, want)
		}
	}
}

// TestAWarningComesUpOnce compiles a spec with a warning twice, as a training does.
func TestAWarningComesUpOnce(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.24\n",
		"m.yaml": "version: 1\nname: m\ninput: {shape: [2]}\n" +
			"layers: [output: {task: regression, units: 1, activation: sigmoid, loss: mse}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Open(filepath.Join(dir, "m.yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := p.Compile(codegen.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.Warnings) != 1 {
		t.Errorf("warnings: %v", p.Warnings)
	}
}
