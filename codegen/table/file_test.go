package table

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestAFileOfLengthZeroHoldsNothing opens an empty file, and one that gives bytes although it says that it holds none:
// of such there are some that wait for bytes to come.
func TestAFileOfLengthZeroHoldsNothing(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{empty}
	if runtime.GOOS == "linux" {
		files = append(files, "/proc/version")
	}
	for _, name := range files {
		f, err := OpenFile(name, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if b, err := io.ReadAll(f); err != nil || len(b) != 0 {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		f.Close()
	}
}
