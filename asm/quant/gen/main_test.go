package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAProgramThatFailsLeavesTheOldFiles runs the generator for kernels that are not there, and for some that are.
func TestAProgramThatFailsLeavesTheOldFiles(t *testing.T) {
	dir := t.TempDir()
	out, stubs := filepath.Join(dir, "k_amd64.s"), filepath.Join(dir, "zk_amd64.go")
	for family, fails := range map[string]bool{"none": true, "elements": false} {
		for _, name := range []string{out, stubs} {
			if err := os.WriteFile(name, []byte("old"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command("go", "run", ".", "-kernels", family, "-out", out, "-stubs", stubs, "-pkg", "quant")
		c.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
		text, err := c.CombinedOutput()
		if (err != nil) != fails {
			t.Fatalf("kernels %s: %v: %s", family, err, text)
		}
		for _, name := range []string{out, stubs} {
			b, err := os.ReadFile(name)
			if err != nil || (string(b) == "old") != fails {
				t.Errorf("kernels %s: %s holds %d bytes: %v", family, name, len(b), err)
			}
		}
	}
}
