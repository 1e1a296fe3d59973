package codegen_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/nngen/nngen"

// floor is one row of the architecture: what packages below a prefix may import of ours, by prefix,
// and of third parties.
type floor struct {
	pkg   string
	ours  []string
	third []string
}

// floors is the architecture as data. Imports run only downwards; the first row that fits a package
// holds, so longer prefixes come first.
var floors = []floor{
	{"spec", nil, []string{"go.yaml.in/yaml/v4", "github.com/agnivade/levenshtein"}},
	{"codegen/ir", []string{"spec"}, nil},
	{"codegen/op", []string{"spec", "codegen/ir"}, []string{"gonum.org/v1/gonum"}},
	{"codegen/ref", []string{"spec", "codegen/ir", "codegen/op"}, []string{"gonum.org/v1/gonum"}},
	{"codegen/pass", []string{"codegen/ir"}, nil},
	{"codegen/emit", []string{"codegen/ir"}, []string{"github.com/dave/jennifer"}},
	{"codegen/bundle", nil, nil},
	{"codegen/sandbox", nil, nil},
	{"codegen/output", nil, []string{"github.com/rogpeppe/go-internal"}},
	{"codegen/data", []string{"spec", "codegen/ir", "codegen/op", "runtime/fit", "runtime/rng"}, []string{"github.com/agnivade/levenshtein"}},
	{"codegen/scaffold", []string{"spec", "codegen/data", "codegen/op", "codegen/output"}, nil},
	{"codegen/describe", []string{"spec", "codegen"}, nil},
	{"codegen/verify", []string{"spec", "codegen", "runtime"}, nil},
	{"codegen/project", []string{"spec", "codegen", "runtime/safetensors"}, nil},
	{"codegen/train", []string{"spec", "codegen", "runtime/fit", "runtime/safetensors"}, []string{"gonum.org/v1/plot", "github.com/schollz/progressbar/v3", "golang.org/x/term"}},
	{"codegen", []string{"spec", "codegen/ir", "codegen/op", "codegen/pass", "codegen/emit", "codegen/bundle", "runtime"}, nil},
	{"cmd/nngen", []string{"spec", "codegen", "runtime"}, []string{"github.com/spf13/cobra", "golang.org/x/term"}},
	{"runtime", []string{"runtime"}, nil},
	{"asm", []string{"asm"}, []string{"github.com/mmcloughlin/avo"}},
	{"generated", []string{"generated"}, nil},
}

// TestImportsRunDownwards holds the imports of every package against the table.
func TestImportsRunDownwards(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		rel := filepath.ToSlash(strings.TrimPrefix(p, ".."+string(filepath.Separator)))
		pkg := filepath.ToSlash(filepath.Dir(rel))
		row := slices.IndexFunc(floors, func(f floor) bool { return below(pkg, f.pkg) })
		if row < 0 {
			t.Errorf("%s has no floor in the table", pkg)
			return nil
		}
		seen[floors[row].pkg] = true
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, s := range f.Imports {
			imp, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			first, _, _ := strings.Cut(imp, "/")
			allowed := floors[row].third
			if own, ok := strings.CutPrefix(imp, module+"/"); ok {
				imp, allowed = own, append([]string{pkg}, floors[row].ours...)
			} else if !strings.Contains(first, ".") {
				continue // the standard library
			}
			if !slices.ContainsFunc(allowed, func(a string) bool { return below(imp, a) }) {
				t.Errorf("%s imports %s, which its floor does not allow", rel, imp)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range floors {
		if !seen[r.pkg] {
			t.Errorf("the table has a row for %s, which does not exist", r.pkg)
		}
	}
}

// below tells whether a package is prefix or in a folder below it.
func below(pkg, prefix string) bool { return pkg == prefix || strings.HasPrefix(pkg, prefix+"/") }
