//go:build unix

package main

import (
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/bench"
)

// TestCompileAndVerifyTakeNoMoreMemoryThanTheyMay measures both for networks whose parameters are few beside what it takes
// to compile them.
func TestCompileAndVerifyTakeNoMoreMemoryThanTheyMay(t *testing.T) {
	for _, name := range []string{"mobilenet", "unet"} {
		c, err := bench.Compile(t.Context(), newPlace(t).exe, filepath.Join("..", "..", "testdata", "compile", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Peak > c.Most {
			t.Errorf("compiling %s takes %d bytes, want at most %d", name, c.Peak, c.Most)
		}
		if v := c.Verify; v != nil && v.Peak > v.Most || v == nil && name == "mobilenet" {
			t.Errorf("verifying %s: %+v", name, v)
		}
	}
}
