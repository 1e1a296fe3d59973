package bundle

import (
	"errors"
	"go/ast"
	"go/types"
	"io/fs"
	"path"
	"strings"
	"testing"

	rt "github.com/nngen/nngen/runtime"
)

// unknown is an importer that knows no package: what they hold does not matter for variables of functions.
type unknown struct{}

func (unknown) Import(path string) (*types.Package, error) { return nil, errors.New("unknown") }

// TestPlainLeavesNoVariableUnused settles each file of the runtime as networks without assembly and those without
// AVX-512 have it: Go does not build a function with a variable that only what is gone has read. Nor may a condition be
// left that settle does not decide, since a statement stands before it.
func TestPlainLeavesNoVariableUnused(t *testing.T) {
	files := 0
	for what, c := range map[string]Config{"plain": {Plain: true}, "narrow": {Narrow: true}} {
		b := &bundler{Config: c}
		err := fs.WalkDir(rt.Source, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") ||
				strings.HasPrefix(name, "internal/") { // what tests alone use
				return err
			}
			src, err := fs.ReadFile(rt.Source, name)
			if err != nil {
				return err
			}
			s, err := settle(b.absent(), name, src)
			if err != nil {
				return err
			}
			files++
			ast.Inspect(s.syntax, func(n ast.Node) bool {
				var cond ast.Node
				switch n := n.(type) {
				case *ast.IfStmt:
					if n.Init != nil {
						cond = n.Cond
					}
				case *ast.SwitchStmt:
					if n.Init != nil || n.Tag != nil {
						cond = n.Body
					}
				}
				if cond == nil {
					return true
				}
				from, to := s.fset.Position(cond.Pos()), s.fset.Position(cond.End())
				if left := asked(b.absent(), s.text[from.Offset:to.Offset]); len(left) > 0 {
					t.Errorf("%s:%d, %s: %s is not decided behind a statement: write that before", name, from.Line, what,
						strings.Join(left, ", "))
				}
				return true
			})
			check := types.Config{Importer: unknown{}, Error: func(err error) {
				if strings.Contains(err.Error(), "declared and not used") {
					t.Errorf("%s, %s: %v", name, what, err)
				}
			}}
			_, _ = check.Check("p", s.fset, []*ast.File{s.syntax}, nil) // names of other files are not known
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 200 {
		t.Errorf("%d files were settled", files)
	}
}
