package output

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesOfOthersThatSpoilThePackageAreErrors has files that keep a package or its tests from being built, and others.
func TestFilesOfOthersThatSpoilThePackageAreErrors(t *testing.T) {
	generated := map[string][]byte{
		"net.go": []byte(`package net

import (
	"math/rand/v2"
	"sync"

	numbers "math"
)

type Params struct{ H1W [3]float32 }

type Model struct{}

func (m *Model) Predict() {}

var once sync.Once
var drawn = rand.Int() + int(numbers.Pi)
`),
		"net_test.go": []byte("package net\n\nimport \"testing\"\n\nfunc TestOfOurs(t *testing.T) {}\n\nfunc near() {}\n"),
	}
	for _, c := range []struct{ name, text, want string }{
		{"own.go", "package net\n\nfunc Model() {}\n", "own.go:3:6: Model is also declared by the generated net.go"},
		{"own.go", "package net\n\nfunc (m *Model) Predict() {}\n", "Model.Predict is also declared by the generated net.go"},
		{"own.go", "package net\n\nfunc (p Params) H1W() {}\n", "Params.H1W is also declared by the generated net.go"},
		{"own.go",
			"package net\n\nfunc (m *Model) Train() {}\n\nfunc (n mine) Predict() {}\n\ntype mine struct{ Predict2, H1W int }\n",
			""},
		{"own.go", "package net\n\nvar near = 1\n", "near is also declared by the generated net_test.go"},
		{"own.go", "package net\n\nvar sync = 1\n", "sync is also declared by the generated net.go"},
		{"own.go", "package net\n\nvar rand = 1\n", "rand is also declared by the generated net.go"},
		{"own.go", "package net\n\nvar numbers = 1\n", "numbers is also declared by the generated net.go"},
		{"own.go", "package net\n\nimport \"sync\"\n\nvar mine sync.Mutex\n", ""},
		{"generate.go", "package old\n\n//go:generate go tool nngen compile old.yaml\n", "change line 1 to: package net; and the name"},
		{"generate.go", "package old\n\n//go:generate go tool nngen compile old.yaml\n\nvar x int\n", "move it away"},
		{"own_test.go", "package net\n\nimport \"testing\"\n\nfunc TestOfOurs(t *testing.T) {}\n",
			"TestOfOurs is also declared"},
		{"own_test.go", "package net_test\n\nimport \"testing\"\n\nfunc TestOfOurs(t *testing.T) {}\n", ""},
		{"own.go", "//go:build !purego\n\npackage net\n\nvar once int\n", "own.go:5:5: once is also declared"},
		{"own.go", "//go:build ignore\n\npackage main\n\nvar once int\n", ""},
		{"own.c", "int f(void) { return 1; }\n",
			"own.c: the go command builds no package with such a file unless it uses cgo"},
		{"own.cpp", "int f() { return 1; }\n", "own.cpp: the go command"},
		{"own_plan9.c", "int f(void) { return 1; }\n", ""},
		{"own.h", "int f(void);\n", ""},
		{"own.py", "f = 1\n", ""},
	} {
		dir := t.TempDir()
		put(t, dir, c.name, c.text)
		err := compatible(dir, generated)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %q: %v, want %q", c.name, c.text, err, c.want)
		}
	}
	dir := t.TempDir()
	put(t, dir, "own.c", "int f(void) { return 1; }\n")
	put(t, dir, "own.go", "package net\n\nimport \"C\"\n")
	if err := compatible(dir, generated); err != nil {
		t.Errorf("C beside cgo: %v", err)
	}
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "old.c"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := compatible(dir, generated); err != nil {
		t.Errorf("a folder called old.c: %v", err)
	}
	away := t.TempDir()
	put(t, away, "own", "package net\n\nfunc Model() {}\n")
	dir = t.TempDir()
	if err := os.Symlink(filepath.Join(away, "own"), filepath.Join(dir, "own.go")); err != nil {
		t.Skip(err)
	}
	if err := compatible(dir, generated); err == nil || !strings.Contains(err.Error(), "Model is also declared") {
		t.Errorf("a link: %v", err)
	}
}

// TestCIsNotPutIntoAGoPackage wants a folder of Go refused for C source, unless it uses cgo.
func TestCIsNotPutIntoAGoPackage(t *testing.T) {
	for _, c := range []struct {
		name, text string
		fine       bool
	}{
		{"a.go", "package a\n", false}, {"a.go", "package a\n\nimport \"C\"\n", true}, {"a.c", "int a;\n", true},
		{"a_test.go", "package a\n", true}, {"a.go", "//go:build ignore\n\npackage a\n", true},
	} {
		dir := t.TempDir()
		put(t, dir, c.name, c.text)
		if err := TakesC(dir); (err == nil) != c.fine {
			t.Errorf("%s, %q: %v", c.name, c.text, err)
		}
	}
	if err := TakesC(filepath.Join(t.TempDir(), "new")); err != nil {
		t.Error(err)
	}
}
