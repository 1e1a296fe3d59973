package train

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/project"
)

// TestWeightsInPlaceAreTrained trains a network whose package reads large weights where they are embedded, for which
// the package is another one than without weights.
func TestWeightsInPlaceAreTrained(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("NNGENCACHE", t.TempDir())
	table, err := os.ReadFile("../../testdata/data/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"go.mod": []byte("module example.com/m\n\ngo 1.24\n"), "iris.csv": table,
		"net.yaml": []byte(`version: 1
name: net
input: {name: x, shape: [4]}
task: multiclass
classes: [setosa, versicolor, virginica]
layers: [dense: {units: 300}, dense: {units: 120}, output]
training: {epochs: 1, batch_size: 256, seed: 3}
data: {train: {csv: iris.csv, label: last}}
`)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(filepath.Join(dir, "net.yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), p, Options{Log: io.Discard}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"net.go", "weights.go"} {
		b, err := os.ReadFile(filepath.Join(dir, "net", name))
		if err != nil || !bytes.Contains(b, []byte("decode(")) {
			t.Errorf("%s: %v; no weights stay in place", name, err)
		}
	}
}
