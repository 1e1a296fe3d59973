package project

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportPath has folders and go.mod files: those that generated packages build in, and those that they don't.
func TestImportPath(t *testing.T) {
	const mod = "module example.com/m\n\ngo 1.24\n"
	for _, c := range []struct{ mod, folder, want, problem string }{
		{mod, "a", "example.com/m/a", ""},
		{mod, ".", "example.com/m", ""},
		{"module (\n\texample.com/m // ours\n)\ngo 1.24\n", "a", "example.com/m/a", ""},
		{"module \"example.com/m\"\ngo 1.24\n", "a", "example.com/m/a", ""},
		{"// first\nmodule example.com/m\ngo 1.24\nfuture x\n", "a", "example.com/m/a", ""},
		{"module m\ngo 1.22\n", "a/b", "m/a/b", ""},
		{"module m\ngo 1.21.4\n", "a", "",
			"says go 1.21.4, but generated code needs at least go 1.22; run: go mod edit -go=1.22"},
		{"module m\n", "a", "", "has no go line"},
		{"go 1.24\n", "a", "", "no module line"},
		{"module \"a\\x00b\"\ngo 1.24\n", "a", "", "go.mod"},
		{"module m\x00\ngo 1.24\n", "a", "", "go.mod"},
		{"module \"m\\nfunc init() {}\"\ngo 1.24\n", "a", "", "go.mod"},
		{mod, "a b", "", "invalid char ' '"},
		{mod, "a\nb", "", `invalid char '\n'`},
		{mod, "größe", "", "invalid char 'ö'"},
		{mod, "con", "", "on Windows"},
		{mod, "x/aux.d", "", "on Windows"},
		{mod, "a\"b", "", "invalid char"},
		{mod, "vendor/a", "", "called vendor"},
		{mod, "a.", "", "trailing dot"},
		{"module vendor\ngo 1.24\n", "a", "", "vendor in its path"},
		{"module example.com/vendor/m\ngo 1.24\n", "a", "", "vendor in its path"},
		{"module example.com/m/vendor\ngo 1.24\n", "a", "", "vendor in its path"},
		{"module example.com/vendored\ngo 1.24\n", "a", "example.com/vendored/a", ""},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(c.mod), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := importPath(filepath.Join(dir, c.folder))
		switch {
		case c.problem == "" && (err != nil || got != c.want):
			t.Errorf("%q in %q: %q, %v, want %q", c.folder, c.mod, got, err, c.want)
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
			t.Errorf("%q in %q: %q, %v, want an error with %q", c.folder, c.mod, got, err, c.problem)
		case err != nil && strings.ContainsAny(err.Error(), "\x00\r"):
			t.Errorf("%q in %q: the error is not for a terminal: %q", c.folder, c.mod, err)
		}
	}
}

// TestFilesOfTheSpecLieAnywhere opens files by the paths that data may have too.
func TestFilesOfTheSpecLieAnywhere(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"spec/in.csv", "out.csv", "spec/a\nb .csv"} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := folder(filepath.Join(dir, "spec"))
	for path, want := range map[string]string{
		"in.csv": "spec/in.csv", "./in.csv": "spec/in.csv", "../out.csv": "out.csv", "../spec/in.csv": "spec/in.csv",
		filepath.Join(dir, "out.csv"): "out.csv", "a\nb .csv": "spec/a\nb .csv",
	} {
		if b, err := fs.ReadFile(files, path); err != nil || string(b) != want {
			t.Errorf("%q: %q, %v, want %q", path, b, err, want)
		}
	}
	for _, path := range []string{"../none.csv", ".", os.DevNull} {
		if _, err := fs.ReadFile(files, path); err == nil {
			t.Errorf("%q can be read", path)
		}
	}
}

// TestEditionsOfRuntimes looks where the go command does for the runtime that packages import.
func TestEditionsOfRuntimes(t *testing.T) {
	root, cache := t.TempDir(), t.TempDir()
	t.Setenv("GOMODCACHE", cache)
	put := func(folder, name string) {
		file := filepath.Join(folder, filepath.FromSlash(runtimeFile))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("package abi\n\nconst Edition = \""+name+"\"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(cache, "github.com", "nngen", "nngen@v1.2.3"), "Cached")
	put(filepath.Join(cache, "example.com", "fork@v1.0.0"), "Forked")
	put(filepath.Join(root, "beside"), "Beside")
	if err := os.MkdirAll(filepath.Join(cache, "github.com", "nngen", "nngen@v0.9.0", "runtime", "abi"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := func(lines, edition, of string) {
		t.Helper()
		m, err := parseModule(root, "go.mod", []byte("module example.com/m\n\ngo 1.24\n\n"+lines))
		if err != nil {
			t.Fatal(err)
		}
		if gotEdition, gotOf := m.edition(); gotEdition != edition || gotOf != of {
			t.Errorf("%s: %q of %q, want %q of %q", lines, gotEdition, gotOf, edition, of)
		}
	}
	const require = "require " + modulePath + " v1.2.3\n"
	want("", "", "")
	want(require, "Cached", "v1.2.3")
	want("require "+modulePath+" v0.9.0\n", "none", "v0.9.0")
	want("require "+modulePath+" v1.9.0\n", "", "v1.9.0")
	want(require+"replace "+modulePath+" => ./beside\n", "Beside", "that in ./beside")
	want(require+"replace "+modulePath+" => "+filepath.ToSlash(filepath.Join(root, "beside"))+"\n", "Beside",
		"that in "+filepath.ToSlash(filepath.Join(root, "beside")))
	want(require+"replace "+modulePath+" v1.2.4 => ./beside\n", "Cached", "v1.2.3")
	want(require+"replace "+modulePath+" => example.com/fork v1.0.0\n", "Forked", "v1.0.0")
	want(require+"replace "+modulePath+" v1.2.3 => ./beside\nreplace "+modulePath+" => example.com/fork v1.0.0\n", "Beside",
		"that in ./beside")
	put(filepath.Join(cache, "example.com", "!fork@v1.0.0"), "Capital")
	want(require+"replace "+modulePath+" => example.com/Fork v1.0.0\n", "Capital", "v1.0.0")
	// A folder takes the place of all versions, though it has no runtime, or is not there.
	if err := os.Mkdir(filepath.Join(root, "fork"), 0o755); err != nil {
		t.Fatal(err)
	}
	want(require+"replace "+modulePath+" => ./fork\n", "", "that in ./fork")
	want(require+"replace "+modulePath+" => ./gone\n", "", "that in ./gone")
	// The cache may be where go env -w says.
	settings := filepath.Join(root, "go.env")
	if err := os.WriteFile(settings, []byte("GOMODCACHE="+cache+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOENV", settings)
	t.Setenv("GOMODCACHE", "")
	want(require, "Cached", "v1.2.3")
	// The go command is asked only where a cache is looked into.
	t.Setenv("PATH", "")
	t.Setenv("GOPATH", filepath.Join(root, "path"))
	want(require+"replace "+modulePath+" => ./beside\n", "Beside", "that in ./beside")
	put(filepath.Join(root, "vendor", filepath.FromSlash(modulePath)), "Vendored")
	want(require, "Vendored", "v1.2.3")
	if err := os.RemoveAll(filepath.Join(root, "vendor")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOWORK", filepath.Join(root, "go.work"))
	want(require, "", "")
	t.Setenv("GOWORK", "off")
	vendored := filepath.Join(root, "vendor", "github.com", "nngen", "nngen")
	if err := os.MkdirAll(filepath.Join(vendored, "runtime", "gemm"), 0o755); err != nil {
		t.Fatal(err)
	}
	want(require, "Cached", "v1.2.3")
	put(vendored, "Vendored")
	want(require, "Vendored", "v1.2.3")
}
