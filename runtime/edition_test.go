package runtime_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/abi"
)

// editionFile holds what packages that import the runtime may name, and a checksum of each declaration.
var editionFile = filepath.Join("abi", "testdata", "edition.txt")

// TestEditionIsRaisedWhenTheRuntimeChanges compares what the packages of the runtime export with what they did: if
// something has gone, or is declared in another way, abi.Edition must be another too, so that no package that imports
// the runtime is built with one that it was not compiled for. What is new joins the file at the next update.
func TestEditionIsRaisedWhenTheRuntimeChanges(t *testing.T) {
	now := exported(t)
	kept := map[string]string{}
	edition := ""
	b, err := os.ReadFile(editionFile)
	if err == nil {
		first, rest, _ := strings.Cut(string(b), "\n")
		edition = first
		for line := range strings.Lines(rest) {
			name, sum, _ := strings.Cut(strings.TrimSpace(line), " ")
			kept[name] = sum
		}
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if now[name] != kept[name] {
			changed = append(changed, name)
		}
	}
	update := os.Getenv("NNGEN_UPDATE") != ""
	switch {
	case len(changed) > 0 && edition == abi.Edition:
		t.Fatalf("%s went or are declared otherwise than in %s: raise the number in runtime/abi/edition.go, then run this "+
			"test with NNGEN_UPDATE=1, and go generate ./generated/...", strings.Join(changed, ", "), edition)
	case !update && (len(kept) == 0 || edition != abi.Edition):
		t.Fatalf("%s is of %q, with %d declarations, and this is %s: run this test with NNGEN_UPDATE=1", editionFile,
			edition, len(kept), abi.Edition)
	case !update:
		return
	}
	var text strings.Builder
	fmt.Fprintln(&text, abi.Edition)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		fmt.Fprintln(&text, name, now[name])
	}
	if err := os.MkdirAll(filepath.Dir(editionFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(editionFile, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// exported returns what packages outside of the runtime may name, with checksums of the declarations. Functions and methods
// count without their bodies; all without comments.
func exported(t *testing.T) map[string]string {
	t.Helper()
	parts := map[string]map[string]bool{} // the texts of a name, which may differ from one system to another
	err := fs.WalkDir(runtime.Source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			strings.Contains(name, "internal/") {
			return err
		}
		src, err := runtime.Source.ReadFile(name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, src, 0)
		if err != nil || file.Name.Name == "main" {
			return err
		}
		add := func(ident string, node any) {
			var b bytes.Buffer
			if err := printer.Fprint(&b, fset, node); err != nil {
				t.Fatal(err)
			}
			key := path.Dir(name) + "." + ident
			if parts[key] == nil {
				parts[key] = map[string]bool{}
			}
			parts[key][strings.Join(strings.Fields(b.String()), " ")] = true
		}
		for _, decl := range file.Decls {
			declared(decl, add)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for name, texts := range parts {
		sums[name] = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(texts)), "\n"))))[:12]
	}
	return sums
}

// declared calls add for what a declaration exports. The value of a constant counts, that of a variable does not.
func declared(decl ast.Decl, add func(ident string, node any)) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if !d.Name.IsExported() {
			return
		}
		ident := d.Name.Name
		if d.Recv != nil {
			of := receiver(d.Recv.List[0].Type)
			if !ast.IsExported(of) {
				return
			}
			ident = of + "." + ident
		}
		add(ident, d.Type)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					add(s.Name.Name, s)
				}
			case *ast.ValueSpec:
				value := *s
				if d.Tok == token.VAR && s.Type != nil {
					value.Values = nil
				}
				for _, name := range s.Names {
					if name.IsExported() {
						add(name.Name, &value)
					}
				}
			}
		}
	}
}

// receiver returns the name of the type of a receiver.
func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
