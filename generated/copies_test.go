package generated

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// copies are the examples that hold copies of the runtime, with what they may take: files of Go and assembly, and their
// lines, a little above what they take now: whoever adds to the runtime sees what it costs here.
var copies = []struct {
	name         string
	files, lines int
}{
	{"perceptron", 18, 3550},
	{"digits", 57, 9000},
	{"names_transformer", 62, 17340},
}

func TestCopiesStaySmall(t *testing.T) {
	for _, c := range copies {
		files, lines := 0, 0
		err := filepath.WalkDir(c.name, func(name string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".s") {
				return err
			}
			b, err := os.ReadFile(name)
			files++
			lines += bytes.Count(b, []byte("\n"))
			if strings.Contains(name, "internal/") && !bytes.Contains(b, []byte("\n// SPDX-License-Identifier: MIT\n")) {
				t.Errorf("%s carries no licence", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if files == 0 || files > c.files || lines > c.lines {
			t.Errorf("%s has %d files of %d lines, may have %d of %d", c.name, files, lines, c.files, c.lines)
		}
	}
}

// TestCopiesBuildEverywhere vets the copies, tests included, for builds of each kind: with assembly and without, by
// architecture and by tag, with the race detector's tag, for 32 bits, and for other systems. vet compares the stubs with
// the assembly.
func TestCopiesBuildEverywhere(t *testing.T) {
	for _, b := range []struct {
		os, arch, tags string
		long           bool
	}{
		{"linux", "amd64", "", false},
		{"linux", "amd64", "purego", false},
		{"linux", "amd64", "race", true},
		{"linux", "arm64", "", true},
		{"linux", "arm64", "purego", true},
		{"linux", "386", "", true},
		{"linux", "s390x", "", true},
		{"windows", "amd64", "", true},
		{"js", "wasm", "", true},
	} {
		if b.long && testing.Short() {
			continue
		}
		flag, cgo := "-tags="+b.tags, "CGO_ENABLED=0"
		if _, err := exec.LookPath("gcc"); err == nil && b.tags == "race" && runtime.GOOS == b.os && runtime.GOARCH == b.arch {
			flag, cgo = "-race", "CGO_ENABLED=1" // with the standard library that tests under the race detector build too
		}
		args := []string{"vet", flag}
		for _, c := range copies {
			args = append(args, "./"+c.name+"/...")
		}
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), cgo, "GOOS="+b.os, "GOARCH="+b.arch)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s/%s, tags %q: %v\n%s", b.os, b.arch, b.tags, err, out)
		}
	}
}

// TestCopiesHoldNothingUnused runs staticcheck, which finds what is declared and not used.
func TestCopiesHoldNothingUnused(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time; the gate runs staticcheck too")
	}
	args := []string{"tool", "staticcheck"}
	for _, c := range copies {
		args = append(args, "./"+c.name+"/...")
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
