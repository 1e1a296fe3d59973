package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	env := goEnv(t, "GOCACHE", "GOMODCACHE")
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join(root, "testdata", "script"),
		UpdateScripts: os.Getenv("NNGEN_UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("GOCACHE", env["GOCACHE"])
			// The build cache knows packages of one path and content again, whatever their folder; scripts vet what
			// they want to be vetted.
			e.Setenv("GOFLAGS", "-mod=mod -trimpath -vet=off")
			e.Setenv("GOPROXY", "off")
			e.Setenv("NNGENROOT", root)
			e.Setenv("GOMODCACHE", env["GOMODCACHE"])
			e.Setenv("GONOSUMDB", "*")
			e.Setenv("NNGENTABLES", filepath.Join(root, "testdata", "tables"))
			e.Setenv("NNGENDATA", filepath.Join(root, "testdata", "data"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"figure": figure, "rows": rows,
			"pointer": pointer, "pictures": pictures},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, os.ErrInvalid
		},
	})
}

// goEnv returns what go env says of some variables.
func goEnv(t *testing.T, names ...string) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, name := range names {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env[name] = strings.TrimSpace(string(out))
	}
	return env
}

// figure compares the evaluation on the standard output, as JSON, with what scikit-learn gave for a table of
// testdata/tables: an accuracy may be 2 points below it, and R² 0.03.
func figure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: figure table")
	}
	b, err := os.ReadFile(filepath.Join(ts.Getenv("NNGENTABLES"), "figures.json"))
	ts.Check(err)
	var figures map[string]struct {
		Metric string
		Value  float64
	}
	ts.Check(json.Unmarshal(b, &figures))
	want, ok := figures[args[0]]
	if !ok {
		ts.Fatalf("there is no figure for %s", args[0])
	}
	margin := map[string]float64{"accuracy": 0.02, "r2": 0.03}[want.Metric]
	var got struct {
		Outputs []struct {
			Metrics []struct {
				Name  string
				Value *float64
			}
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &got))
	for _, m := range got.Outputs[0].Metrics {
		if m.Name != want.Metric || m.Value == nil {
			continue
		}
		if *m.Value < want.Value-margin {
			ts.Fatalf("%s: %s %.4f, want at least %.4f - %.2f", args[0], m.Name, *m.Value, want.Value, margin)
		}
		ts.Logf("%s: %s %.4f, scikit-learn has %.4f", args[0], m.Name, *m.Value, want.Value)
		return
	}
	ts.Fatalf("the evaluation has no finite %s", want.Metric)
}

// rows checks the number of lines of the standard output.
func rows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: rows number")
	}
	if n := strings.Count(ts.ReadFile("stdout"), "\n"); strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d lines, want %s", n, args[0])
	}
}

// pointer puts what Git LFS leaves in place of a file that it did not fetch.
func pointer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pointer file")
	}
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	text := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize %d\n", sha256.Sum256(b), len(b))
	ts.Check(os.WriteFile(name, []byte(text), 0o644))
}
