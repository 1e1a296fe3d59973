//go:build unix

package scaffold

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestExternalDataIsInRegularFilesBelow opens files below a model's folder alone: no links out of it, no parent, no
// pipe that never ends a read, no device, no folder.
func TestExternalDataIsInRegularFilesBelow(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "model")
	for _, name := range []string{filepath.Join(dir, "secret.bin"), filepath.Join(folder, "sub", "w.bin")} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("numbers"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"out": "../secret.bin", "absolute": filepath.Join(dir, "secret.bin"), "device": "/dev/zero", "folder": "..",
		"round": "round", "inside": "sub/w.bin",
	} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o644); err != nil {
		t.Skip("no pipes here:", err)
	}
	for _, c := range []struct{ name, want string }{
		{"sub/w.bin", ""}, {"inside", ""},
		{"../secret.bin", "invalid"}, {filepath.Join(dir, "secret.bin"), "invalid"}, {"out", "escapes"},
		{"absolute", "escapes"}, {"device", "escapes"},
		{"folder/secret.bin", "escapes"}, {"round", "levels"}, {"pipe", "no regular file"}, {"sub", "no regular file"},
		{"nowhere", "no such file"},
	} {
		done := make(chan error, 1)
		go func() {
			f, err := modelFolder(folder).Open(c.name)
			if err == nil {
				f.Close()
			}
			done <- err
		}()
		select {
		case err := <-done:
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.want)
			}
		case <-time.After(5 * time.Minute):
			t.Errorf("%s: hangs", c.name)
		}
	}
}
