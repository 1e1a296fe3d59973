//go:build unix

package regular

import (
	"path/filepath"
	"syscall"
	"testing"
)

// pipes makes a pipe that nobody writes to.
func pipes(t *testing.T, dir string) []string {
	name := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{name}
}
