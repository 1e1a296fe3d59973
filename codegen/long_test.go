package codegen_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// mostLines is the most lines of a generated function: what the Go compiler takes for one grows with the square of its
// length. Those of package emit have 256 statements, each of up to three lines, with comments.
const mostLines = 900

// TestNoFunctionOfALongNetworkIsLong compiles a chain of 600 layers and measures the functions of all files, tests
// included.
func TestNoFunctionOfALongNetworkIsLong(t *testing.T) {
	const layers = 600
	src := fmt.Sprintf(`version: 1
name: long
input: {name: x, shape: [4]}
task: regression
blocks: {link: [{dense: {units: 4, activation: tanh}}, {dropout: {rate: 0.1}}, {batch_norm: {}}]}
layers: [{link: {repeat: %d}}, output]
`, layers)
	out := compile(t, "long.yaml", []byte(src))
	fset := token.NewFileSet()
	for name, text := range out.Files {
		if strings.HasPrefix(name, "internal/") || !strings.HasSuffix(name, ".go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				if n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line; n > mostLines {
					t.Errorf("%s: %s has %d lines", name, f.Name.Name, n)
				}
			}
		}
	}
}
