package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnEndlessStandardInputIsRefused copies inputs of the longest length and beyond it.
func TestAnEndlessStandardInputIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stdin.csv")
	if err := copyInput(file, strings.NewReader("a,b\n1,2\n"), 8); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "a,b\n1,2\n" {
		t.Errorf("%q, %v", b, err)
	}
	if err := copyInput(file, strings.NewReader("a,b\n1,2\n3,4\n"), 8); err == nil ||
		!strings.Contains(err.Error(), "longer than 8 bytes") {
		t.Error(err)
	}
}
