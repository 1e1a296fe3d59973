package train

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramsAreToldApart asks for what names this test's own program, two programs of other contents, one of them the
// same again, and a file without a build ID.
func TestProgramsAreToldApart(t *testing.T) {
	dir := t.TempDir()
	id := func(name string) string {
		t.Helper()
		got, err := programID(name)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	build := func(name, text string, flags ...string) string {
		t.Helper()
		exe := filepath.Join(dir, name)
		src := exe + ".go"
		if err := os.WriteFile(src, []byte("package main\n\nfunc main() { println("+text+") }\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), src)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return exe
	}
	one, two := build("one", "1"), build("two", "2")
	if a, b := id(one), id(two); a == b || strings.Count(a, "/") != 3 || strings.Count(b, "/") != 3 {
		t.Errorf("two programs are %q and %q", a, b)
	}
	if out, err := exec.Command("go", "tool", "buildid", one).Output(); err != nil ||
		strings.TrimSpace(string(out)) != id(one) {
		t.Errorf("%q, but go tool buildid says %q, %v", id(one), out, err)
	}
	bare := build("bare", "1", "-ldflags=-buildid=")
	sum, err := sumOf(bare)
	if err != nil {
		t.Fatal(err)
	}
	if got := id(bare); got != sum {
		t.Errorf("a program without a build ID is %q, want its checksum %q", got, sum)
	}
	small := filepath.Join(dir, "small")
	if err := os.WriteFile(small, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	id(small)
}
