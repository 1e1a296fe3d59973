package output

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sparse makes a file of a length that no memory holds, of which nothing is on the disk.
func sparse(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(1 << 40); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
}

// TestNoFileBesideAPackageIsReadWhateverItHolds puts a file of a terabyte in each place where a run looks at files that
// may be anybody's: it is neither read nor written over, and what the user is told names it.
func TestNoFileBesideAPackageIsReadWhateverItHolds(t *testing.T) {
	files := map[string][]byte{"a.go": []byte(mark + "package a\n"), "a_test.go": []byte(mark + "package a\n"),
		"testdata/vectors.safetensors": []byte("{}"), "internal/gemm/g.s": []byte(runtimeMark + "// nothing\n")}
	allocated := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.TotalAlloc
	}
	for _, name := range []string{"b.go", "b_test.go", "a.go", "a_test.go", "testdata/vectors.safetensors",
		"internal/gemm/g.s", Weights, Backup, Manifest, "atrain/b.go"} {
		for _, linked := range []bool{false, true} {
			dir, at := t.TempDir(), ""
			if at = filepath.Join(dir, filepath.FromSlash(name)); linked {
				sparse(t, filepath.Join(dir, "far", "x"))
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(filepath.Join(dir, "far", "x"), at); err != nil {
					t.Skipf("no links here: %v", err)
				}
			} else {
				sparse(t, at)
			}
			before := allocated()
			err := write(dir, files)
			if n := allocated() - before; n > 64<<20 {
				t.Errorf("%s, linked %v: %d bytes were allocated", name, linked, n)
			}
			said := err != nil && strings.Contains(err.Error(), filepath.FromSlash(name))
			if !said && (err != nil || !strings.HasPrefix(name, "atrain")) {
				t.Errorf("%s, linked %v: error %v", name, linked, err)
			}
			if info, err := os.Stat(at); err != nil || info.Size() != 1<<40 {
				t.Errorf("%s, linked %v: the file is no longer what it was: %v", name, linked, err)
			}
		}
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "x.svg")
	sparse(t, name)
	before := allocated()
	if err := ReplaceMade(name, []byte("<svg/>"), func([]byte) bool { return false }, "--out"); err == nil {
		t.Error("ReplaceMade has written over a file that is not nngen's")
	}
	if err := ReplaceOwn([]string{name}, [][]byte{[]byte("<svg/>")}, "mark"); err == nil {
		t.Error("ReplaceOwn has written over a file that is not nngen's")
	}
	sparse(t, filepath.Join(dir, "y.go"))
	if err := TakesC(dir); err != nil {
		t.Errorf("TakesC: %v", err)
	}
	if PackageOf(dir) != "" {
		t.Error("a file of zeros is said to be of a package")
	}
	if n := allocated() - before; n > 64<<20 {
		t.Errorf("files in the way: %d bytes were allocated", n)
	}
}
