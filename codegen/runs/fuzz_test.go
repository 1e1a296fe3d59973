package runs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// FuzzReadHistory: no bytes of a history make its reader panic; each line that it takes is an epoch.
func FuzzReadHistory(f *testing.F) {
	for _, seed := range []string{"{\"epoch\": 1, \"loss\": 0.5}\n{\"epoch\": 2, \"loss\": 0.25}\n", "", "null\n",
		"{\"epoch\": 1", "[]\n\n",
		"{\"loss\": 1e999}\n"} {
		f.Add([]byte(seed))
	}
	name := filepath.Join(f.TempDir(), "history.jsonl")
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		h, err := ReadHistory(name)
		if lines := strings.Count(strings.TrimSpace(string(b)), "\n") + 1; err == nil && h.Len() != lines {
			t.Errorf("%q: %d epochs of %d lines", b, h.Len(), lines)
		}
	})
}
