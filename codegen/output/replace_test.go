package output

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCreateWritesAllOrNone lets the name of each file be taken in turn.
func TestCreateWritesAllOrNone(t *testing.T) {
	names := []string{"a.yaml", "weights.safetensors", "generate.go"}
	contents := [][]byte{[]byte("spec"), []byte("weights"), []byte("package a")}
	parent := t.TempDir()
	dir := filepath.Join(parent, "deep", "a")
	if err := Create(dir, names, contents); err != nil {
		t.Fatal(err)
	}
	if files := snapshot(t, dir); len(files) != 3 || files["a.yaml"] != "spec" || files["generate.go"] != "package a" {
		t.Errorf("files are %v", files)
	}
	for _, taken := range names {
		dir := t.TempDir()
		put(t, dir, taken, "mine")
		if err := Create(dir, names, contents); err == nil ||
			!strings.Contains(err.Error(), taken+": there is such a file already") {
			t.Errorf("%s taken: error %v", taken, err)
		}
		if files := snapshot(t, dir); len(files) != 1 || files[taken] != "mine" {
			t.Errorf("%s taken: files are %v", taken, files)
		}
	}
	blocked := filepath.Join(parent, "file")
	put(t, parent, "file", "")
	if err := Create(filepath.Join(blocked, "x"), names, contents); err == nil ||
		!strings.Contains(err.Error(), "in the way") {
		t.Errorf("a file in the way of the folder: error %v", err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 2 {
		t.Errorf("left are %v", left)
	}
}
