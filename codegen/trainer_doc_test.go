package codegen_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// TestTheDocOfATrainerIsAPage reads the doc of training packages as go doc does: it has its sections, tells of Workers
// where there are some, and names each option of the spec.
func TestTheDocOfATrainerIsAPage(t *testing.T) {
	methods := []string{"Apply", "Evaluate", "Fit", "Gradient", "Gradients", "Load", "Progress", "Restore", "Save", "Step"}
	shared := map[bool]int{}
	for _, out := range plantest.ExamplesOf(t, "perceptron", "digits", "names_gru", "sunspots_lstm") {
		whole, problems := codegen.Compile(out.Net.Spec, nil, codegen.Options{ImportPath: "example.com/m"})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		page := docOf(t, whole)
		for _, part := range []string{"trains the network of package ", "# All at once\n", "# Interruptions\n",
			"# Step by step\n",
			"# What comes of it\n", "# Goroutines\n", ".Seed)\n", "t.Fit(ctx, set, ", "t.Evaluate(test)", "t.Step("} {
			if !strings.Contains(page.Doc, part) {
				t.Errorf("%s: the doc lacks %q:\n%s", page.Name, part, page.Doc)
			}
		}
		workers := false
		for _, typ := range page.Types {
			if typ.Name == "Trainer" {
				ast.Inspect(typ.Decl, func(n ast.Node) bool {
					f, ok := n.(*ast.Field)
					workers = workers || ok && len(f.Names) == 1 && f.Names[0].Name == "Workers"
					return true
				})
			}
			for _, f := range typ.Methods {
				if typ.Name == "Trainer" && !slices.Contains(methods, f.Name) {
					t.Errorf("%s: a trainer has the method %s, which no user needs", page.Name, f.Name)
				}
			}
			for _, f := range typ.Funcs {
				if f.Name != "Options" {
					continue
				}
				ast.Inspect(f.Decl.Body, func(n ast.Node) bool {
					lit, ok := n.(*ast.CompositeLit)
					for i := 0; ok && i < len(lit.Elts); i++ {
						key := lit.Elts[i].(*ast.KeyValueExpr).Key.(*ast.Ident).Name
						if !strings.Contains(f.Doc, "\n\t"+key+" ") {
							t.Errorf("%s: the doc of Options lacks %s:\n%s", page.Name, key, f.Doc)
						}
					}
					return !ok
				})
				if strings.Contains(f.Doc, "fit.") {
					t.Errorf("%s: the doc of Options names a package that users do not see:\n%s", page.Name, f.Doc)
				}
			}
		}
		if shared[workers]++; workers != strings.Contains(page.Doc, "Workers says") {
			t.Errorf("%s has Workers: %t; its doc says\n%s", page.Name, workers, page.Doc)
		}
	}
	if shared[true] == 0 || shared[false] == 0 {
		t.Errorf("%d trainers have workers, and %d have none: want some of each", shared[true], shared[false])
	}
}

// docOf returns the doc of the training package of a network.
func docOf(t *testing.T, out *codegen.Output) *doc.Package {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for name, b := range out.Files {
		if path.Dir(name) == out.Net.Spec.Name+"train" && path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			f, err := parser.ParseFile(set, name, b, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
	}
	page, err := doc.NewFromFiles(set, files, "example.com/m/"+out.Net.Spec.Name+"train", doc.PreserveAST)
	if err != nil {
		t.Fatal(err)
	}
	return page
}
