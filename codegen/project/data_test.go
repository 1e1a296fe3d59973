package project

import (
	"os"
	"path/filepath"
	"strings"
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

// TestSumsByEnds has files that differ by the ends of their lines, and by more.
func TestSumsByEnds(t *testing.T) {
	sums := func(text string) EndedSums {
		t.Helper()
		file := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		all, err := SumsByEnds(file)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err := dataSum(file); err != nil || all.Is != sum {
			t.Errorf("%q: %s, %v; want %s", text, all.Is, err, sum)
		}
		return all
	}
	long := strings.Repeat("a,b\r\n", 1<<15)
	for _, c := range []struct {
		lf, crlf string
		same     bool
	}{
		{"a\nb\n", "a\r\nb\r\n", true},
		{"a\nb", "a\r\nb", true},
		{"a\rb\n\r", "a\rb\r\n\r", true},
		{strings.ReplaceAll(long, "\r", ""), long, true},
		{"x" + strings.ReplaceAll(long, "\r", ""), "x" + long, true}, // cut elsewhere
		{"a\n\nb\n", "a\r\nb\r\n", false},
		{"a\nb\n", "a\rb\r", false},
	} {
		a, b := sums(c.lf), sums(c.crlf)
		if (a.CRLF == b.Is && a.LF == b.LF && b.LF == a.Is) != c.same {
			t.Errorf("%.20q and %.20q: %v and %v", c.lf, c.crlf, a, b)
		}
	}
}
