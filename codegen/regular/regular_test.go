package regular

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestReadsRegularFilesAlone(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "f")
	if err := os.WriteFile(name, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(name, 5); err != nil || string(b) != "12345" {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := Read(name, 4); err == nil {
		t.Errorf("%q of more bytes than are wanted", b)
	}
	if _, err := Read(filepath.Join(dir, "none"), 4); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := ReadAll(strings.NewReader("12345"), 4); err == nil {
		t.Error("more bytes than are wanted are read")
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := Read(name, 5); err != nil || len(b) != 0 {
		t.Errorf("an empty file: %q, %v", b, err)
	}
	if runtime.GOOS == "linux" { // it says that it holds nothing; others there, as /proc/kmsg, are waited for
		if b, err := Read("/proc/version", 1<<20); err != nil || len(b) != 0 {
			t.Errorf("/proc/version: %q, %v", b, err)
		}
	}
	others := []string{dir}
	if runtime.GOOS == "linux" {
		others = append(others, "/dev/zero", "/dev/null")
	}
	for _, other := range append(others, pipes(t, dir)...) {
		if _, err := Read(other, 1<<20); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", other, err)
		}
	}
}
