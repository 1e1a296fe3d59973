package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/modfile"
)

// few are the modules that short tests run.
var few = []string{"service", "nested"}

// TestDownstream copies each folder of testdata/downstream, modules of users, to a temporary one, points their replace
// line at this tree, and runs the script that has the folder's name.
func TestDownstream(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Glob(filepath.Join(root, "testdata", "downstream", "*", "*.txtar"))
	if err != nil || len(modules) < len(few) {
		t.Fatalf("there are %d modules: %v", len(modules), err)
	}
	env := goEnv(t, "GOCACHE", "GOMODCACHE")
	wasm := filepath.Join(goEnv(t, "GOROOT")["GOROOT"], "lib", "wasm") // what runs WebAssembly in Node and in browsers
	for _, script := range modules {
		folder := filepath.Dir(script)
		if testing.Short() && !slices.Contains(few, filepath.Base(folder)) {
			continue
		}
		testscript.Run(t, testscript.Params{
			Files: []string{script},
			Setup: func(e *testscript.Env) error {
				for name, value := range env {
					e.Setenv(name, value)
				}
				e.Setenv("WASMEXEC", wasm)
				e.Setenv("GOPROXY", "off")
				e.Setenv("GONOSUMDB", "*")
				e.Setenv("GOTOOLCHAIN", "local")
				e.Setenv("NNGENROOT", root)
				e.Setenv("NNGENDATA", filepath.Join(root, "testdata", "data"))
				return copyModules(root, folder, e.WorkDir)
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"modlines": modlines, "snippet": snippet},
			Condition: func(cond string) (bool, error) {
				goVersion, ok := strings.CutPrefix(cond, "toolchain:")
				if !ok {
					return false, fmt.Errorf("unknown condition %q", cond)
				}
				_, err := os.Stat(filepath.Join(env["GOMODCACHE"], "golang.org", "toolchain@v0.0.1-"+goVersion+".linux-amd64"))
				return err == nil, nil
			},
		})
	}
}

// copyModules copies modules, and lets those that replace nngen find it at root. Checksums are those that go would
// fetch.
func copyModules(root, from, to string) error {
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil || d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if strings.HasSuffix(p, ".mod") {
			m, err := modfile.Parse(p, b, nil)
			if err != nil {
				return err
			}
			for _, r := range m.Replace {
				if r.Old.Path != "github.com/nngen/nngen" {
					continue
				}
				if err := m.AddReplace(r.Old.Path, "", root, ""); err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(to, strings.TrimSuffix(rel, ".mod")+".sum"), sums, 0o644); err != nil {
					return err
				}
			}
			if b, err = m.Format(); err != nil {
				return err
			}
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o644)
	})
}

// modlines checks that a go.mod requires at most so many modules, and none that has one of some words in its path.
func modlines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: modlines go.mod most [word…]")
	}
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	m, err := modfile.Parse(args[0], b, nil)
	ts.Check(err)
	most, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Logf("%s requires %d modules", args[0], len(m.Require))
	if len(m.Require) > most {
		ts.Fatalf("%s requires %d modules, want at most %d:\n%s", args[0], len(m.Require), most, b)
	}
	for _, r := range m.Require {
		for _, word := range args[2:] {
			if strings.Contains(r.Mod.Path, word) {
				ts.Fatalf("%s requires %s", args[0], r.Mod.Path)
			}
		}
	}
}
