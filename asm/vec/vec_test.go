package vec

import (
	"os"
	"path/filepath"
	"testing"
)

// TestGeneratedFilesAreCurrent emits all kernels again and compares them with the runtime's.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	for _, pkg := range []string{"vec", "loss", "norm", "rnn"} {
		dir := t.TempDir()
		if err := Write(dir, pkg); err != nil {
			t.Fatal(err)
		}
		want := filepath.Join("..", "..", "runtime", pkg)
		names := map[string]bool{}
		for _, folder := range []string{dir, want} {
			files, err := filepath.Glob(filepath.Join(folder, "z*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				names[filepath.Base(f)] = true
			}
		}
		if len(names) == 0 {
			t.Fatalf("%s: no files", pkg)
		}
		for name := range names {
			a, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Errorf("runtime/%s/%s is emitted no more", pkg, name)
				continue
			}
			b, err := os.ReadFile(filepath.Join(want, name))
			if err != nil || string(a) != string(b) {
				t.Errorf("runtime/%s/%s is stale: run go generate there", pkg, name)
			}
		}
	}
}
