package plan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/plan"
	nnrt "github.com/nngen/nngen/runtime"
)

// training matches the rows that only the training package has.
var training = regexp.MustCompile(`(grad|\.dw|\.dx|\.train|\.sums)$`)

// TestRowsSayWhatTheirCallsKeep looks in the source of the runtime for functions that come to a pool of their package: each
// row that calls one says what it keeps, and no other does.
func TestRowsSayWhatTheirCallsKeep(t *testing.T) {
	keeping := map[string]map[string]bool{}
	found := 0
	for _, k := range plan.Kernels() {
		keeps := false
		for _, c := range k.Calls {
			if c.Pkg == "" {
				continue
			}
			if keeping[c.Pkg] == nil {
				keeping[c.Pkg] = reachPool(t, c.Pkg)
			}
			keeps = keeps || keeping[c.Pkg][c.Name]
		}
		if has := k.Scratch != nil; has != keeps && !training.MatchString(k.Name) {
			t.Errorf("row %s says that it keeps scratch space: %t; that it does: %t", k.Name, has, keeps)
		}
		if keeps {
			found++
		}
	}
	if found < 20 {
		t.Errorf("only %d rows keep scratch space", found)
	}
}

// reachPool returns the functions and methods of a package of the runtime that come to a sync.Pool of it, by name.
func reachPool(t *testing.T, pkg string) map[string]bool {
	names, err := fs.Glob(nnrt.Source, pkg+"/*.go")
	if err != nil {
		t.Fatal(err)
	}
	uses, reaches := map[string]map[string]bool{}, map[string]bool{}
	for _, name := range names {
		src, err := fs.ReadFile(nnrt.Source, name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if uses[d.Name.Name] == nil {
					uses[d.Name.Name] = map[string]bool{}
				}
				ast.Inspect(d, func(n ast.Node) bool {
					id, ok := n.(*ast.Ident)
					if ok && (id.Obj == nil || id.Obj.Pos() < d.Pos() || d.End() < id.Obj.Pos()) { // not of the function
						uses[d.Name.Name][id.Name] = true
					}
					return true
				})
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && strings.Contains(string(src[v.Pos()-1:v.End()-1]), "sync.Pool{") {
						reaches[v.Names[0].Name] = true
					}
				}
			}
		}
	}
	for again := true; again; {
		again = false
		for name, of := range uses {
			for used := range of {
				if reaches[used] && !reaches[name] {
					reaches[name], again = true, true
				}
			}
		}
	}
	return reaches
}
