package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nngen": main})
}

// TestScripts runs the command line as users do: testdata/script at the top of the module holds one
// file for each verb and case.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	goEnv := func(name string) string {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	cache, modules := goEnv("GOCACHE"), goEnv("GOMODCACHE")
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join(root, "testdata", "script"),
		UpdateScripts: os.Getenv("NNGEN_UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("GOCACHE", cache)
			e.Setenv("GOFLAGS", "-mod=mod")
			e.Setenv("GOPROXY", "off")
			e.Setenv("NNGENROOT", root)
			e.Setenv("GOMODCACHE", modules)
			e.Setenv("GONOSUMDB", "*")
			e.Setenv("NNGENDATA", filepath.Join(root, "testdata", "data"))
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, os.ErrInvalid
		},
	})
}
