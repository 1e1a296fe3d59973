package generated

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInferencePackagesImportNothingLarge lists all that inference packages depend on. encoding/json, text/… and what
// needs reflection, fmt first of all, would be most of a small program: fmt alone links 330 KB.
func TestInferencePackagesImportNothingLarge(t *testing.T) {
	specs, err := filepath.Glob("*/*.yaml")
	if err != nil || len(specs) < 10 {
		t.Fatalf("examples: %v, %v", specs, err)
	}
	args := []string{"list", "-deps", "-f", "{{.ImportPath}}"}
	for _, s := range specs {
		args = append(args, "./"+filepath.ToSlash(filepath.Dir(s)))
	}
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 30 {
		t.Fatalf("only %d packages: %v", len(deps), deps)
	}
	for _, p := range deps {
		if p == "fmt" || p == "reflect" || strings.HasPrefix(p, "encoding/") && p != "encoding/binary" || strings.HasPrefix(p, "text/") {
			t.Errorf("an inference package depends on %s", p)
		}
	}
}
