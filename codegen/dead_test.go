package codegen

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/plan"
)

// readElsewhere lists packages of the runtime that are there for the tests and the benchmarks of the others.
var readElsewhere = map[string]bool{"internal/kerneltest": true, "internal/emulate": true, "hw": true}

// TestNothingOfTheRuntimeIsDead finds exported functions of the runtime that nothing calls: no row of the plan, no name
// that the printer writes, no other function of the module, tests aside.
func TestNothingOfTheRuntimeIsDead(t *testing.T) {
	called := map[string]bool{} // pkg.Name
	for _, k := range plan.Kernels() {
		for _, c := range k.Calls {
			called[c.Pkg+"."+c.Name] = true
		}
	}
	whole := func(pkg string) bool { return called[pkg+"."] } // rows that may call any function of a package
	words := map[string]bool{}                                // of string literals of the compiler
	type function struct{ pkg, name, path string }
	var all []function
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "generated" || len(d.Name()) > 2 && d.Name()[0] == '.') {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		dir, runtime := strings.CutPrefix(filepath.ToSlash(filepath.Dir(path)), "../runtime/")
		for _, decl := range file.Decls {
			own := ""
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				own = f.Name.Name
				if runtime && f.Name.IsExported() && !readElsewhere[dir] {
					all = append(all, function{file.Name.Name, own, path})
				}
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok {
						called[x.Name+"."+n.Sel.Name] = true
					}
				case *ast.Ident:
					if runtime && n.Name != own {
						called[file.Name.Name+"."+n.Name] = true
					}
				case *ast.BasicLit:
					if text, err := strconv.Unquote(n.Value); err == nil && !runtime {
						words[text] = true
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		cell, ok := strings.CutPrefix(strings.TrimSuffix(f.name, "Cell"), "New") // a constructor of the type of a plan.Cell
		if !called[f.pkg+"."+f.name] && !words[f.name] && !whole(f.pkg) && !(ok && f.pkg == "rnn" && words[cell]) {
			t.Errorf("%s: nothing calls %s.%s", f.path, f.pkg, f.name)
		}
	}
}
