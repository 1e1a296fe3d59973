package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAProgramThatFailsLeavesTheOldFiles runs the generator for kernels that are not there, with flags that it does not
// have, where no package can be loaded, with a file that has no place, and for kernels that are there. Whatever comes
// of it, no temporary file stays.
func TestAProgramThatFailsLeavesTheOldFiles(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "gen")
	if text, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	names := []string{"k_amd64.s", "zk_amd64.go", "k_arm64.s"}
	for _, c := range []struct {
		name, family, stubs, env string
		more                     []string
		fails                    bool
	}{
		{name: "no such kernels", family: "none", fails: true},
		{name: "no such flag", family: "products", more: []string{"-none"}, fails: true},
		{name: "no package", family: "elements", env: "GOFLAGS=-mod=none", fails: true},
		{name: "no place", family: "elements", stubs: "none/zk_amd64.go", fails: true},
		{name: "all is well", family: "elements"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, temporary := t.TempDir(), t.TempDir()
			for _, name := range names {
				if err := os.WriteFile(filepath.Join(at, name), []byte("old"), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			stubs := names[1]
			if c.stubs != "" {
				stubs = c.stubs
			}
			gen := exec.Command(exe, append([]string{"-kernels", c.family, "-out", filepath.Join(at, names[0]),
				"-stubs", filepath.Join(at, stubs), "-arm64", filepath.Join(at, names[2]), "-pkg", "quant"}, c.more...)...)
			gen.Env = append(os.Environ(), "TMPDIR="+temporary, c.env)
			text, err := gen.CombinedOutput()
			if (err != nil) != c.fails {
				t.Fatalf("%v: %s", err, text)
			}
			for _, name := range names {
				b, err := os.ReadFile(filepath.Join(at, name))
				if err != nil || (string(b) == "old") != c.fails {
					t.Errorf("%s holds %d bytes: %v", name, len(b), err)
				}
			}
			for folder, want := range map[string]int{at: len(names), temporary: 0} {
				if list, err := os.ReadDir(folder); err != nil || len(list) != want {
					t.Errorf("%s holds %v, want %d files: %v", folder, list, want, err)
				}
			}
		})
	}
}
