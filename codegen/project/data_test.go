package project

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestTheSumOfAFolderIsOfItsPictures sums the classes beside a spec before and after a training leaves its own files
// among them, and after a picture changes, has another name, or is called otherwise than pictures are.
func TestTheSumOfAFolderIsOfItsPictures(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := &Project{Base: dir, Spec: &spec.Spec{Data: &spec.Data{Train: &spec.Source{Format: "image", Path: "."}}}}
	last := ""
	sum := func(what string, changes bool) {
		t.Helper()
		sums, err := p.DataSums()
		if err != nil || len(sums) != 1 {
			t.Fatal(sums, err)
		}
		if (sums["."] != last) != changes {
			t.Errorf("%s: the sum changes: %t", what, !changes)
		}
		last = sums["."]
	}
	put("disc/a.png", "first")
	put("ring/b.png", "second")
	sum("pictures", true)
	put("runs/1/run.json", "{}")
	put("runs/1/loss.svg", "<svg/>")
	put("shapes/shapes.go", "package shapes")
	put("shapes.yaml", "version: 1")
	put("weights.safetensors", "\x00")
	put("__MACOSX/._a.png", "")
	sum("what a training leaves", false)
	put("ring/b.png", "other")
	sum("another picture", true)
	put("ring/c", "\x89PNG\r\n\x1a\n")
	sum("a picture without an ending", true)
	put("ring/broken.JPG", "")
	sum("a file called as a picture", true)
}
