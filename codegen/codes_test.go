package codegen_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestExamplesOfCodesOfOp reads each testdata/spec/<code>.txtar, or <code>_<case>.txtar, whose code is
// raised where the kinds are known: the spec must give just that code, with the text of want:errors.
// NNGEN_UPDATE=1 writes the text.
func TestExamplesOfCodesOfOp(t *testing.T) {
	files, err := filepath.Glob("../testdata/spec/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".txtar"), "_")
		at := slices.IndexFunc(spec.Codes, func(c spec.Code) bool { return c.Name == name })
		if at < 0 || spec.Codes[at].Floor != "op" {
			continue
		}
		code := spec.Codes[at]
		seen[name] = true
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src := a.Files[0].Data
			s, problems := spec.Parse("spec.yaml", src, op.Schema())
			if s == nil {
				t.Fatalf("the spec is not even well-formed: %v", problems)
			}
			_, problems = codegen.Compile(s, os.DirFS("."), codegen.Options{ImportPath: "example.com/m", Version: "v0"})
			if len(problems) == 0 {
				t.Fatal("nothing is wrong with it")
			}
			for _, p := range problems {
				if p.Code != name || p.Warning != code.Warning {
					t.Errorf("code %s (warning: %t), want %s (warning: %t): %v", p.Code, p.Warning, name, code.Warning, p)
				}
			}
			var b strings.Builder
			if err := problems.Format(&b, src, 0); err != nil {
				t.Fatal(err)
			}
			if os.Getenv("NNGEN_UPDATE") != "" {
				a.Files = append(a.Files[:1], txtar.File{Name: "want:errors", Data: []byte(b.String())})
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) < 2 {
				t.Fatal("no want:errors")
			}
			if diff := cmp.Diff(string(a.Files[1].Data), b.String()); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
	for _, c := range spec.Codes {
		if c.Floor == "op" && !seen[c.Name] {
			t.Errorf("code %s has no example testdata/spec/%s.txtar", c.Name, c.Name)
		}
	}
}

func TestSchemaIsSound(t *testing.T) {
	if err := op.Schema().Check(); err != nil {
		t.Error(err)
	}
}
