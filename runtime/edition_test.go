package runtime_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/abi"
)

// editionFile holds what packages that import the runtime may name, and a checksum of each declaration.
var editionFile = filepath.Join("abi", "testdata", "edition.txt")

// TestEditionIsRaisedWhenTheRuntimeChanges compares what the packages of the runtime export with what they did: if
// something has gone, or is declared in another way, abi.Edition must be another too, so that no package that imports
// the runtime is built with one that it was not compiled for. What is new must join the file, so that it is held from
// then on. Bodies are not compared: who makes a function do something else for the same arguments raises the number by
// hand.
func TestEditionIsRaisedWhenTheRuntimeChanges(t *testing.T) {
	now := exported(t, runtime.Source)
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
	var changed, added []string
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if now[name] != kept[name] {
			changed = append(changed, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if kept[name] == "" {
			added = append(added, name)
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
	case !update && len(added) > 0:
		t.Fatalf("%s are new, and nothing holds them yet: run this test with NNGEN_UPDATE=1, which adds them to %s",
			strings.Join(added, ", "), editionFile)
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

// TestAnEditionTellsWhatPackagesMayName changes a package, one text at a time: whether what it exports counts as
// declared in another way.
func TestAnEditionTellsWhatPackagesMayName(t *testing.T) {
	const before = `package p

import "math"

type Order int

const (
	First Order = iota
	Second
	hidden
	Third
)

const Size, most = 4 * width, math.MaxInt8

const width = most + 1

type Loop func(step int, done func(last bool) error) (n int)

type Part struct {
	Each func(i, k int)
	Rest [width]int
}

func (p *Part) Do(x, y float32) (sum float32) { return x + y }

func Run(n int) {}

var Table = []int{1, 2}
`
	sums := func(src string) map[string]string {
		t.Helper()
		return exported(t, fstest.MapFS{"p/p.go": {Data: []byte(src)}})
	}
	was := sums(before)
	for _, c := range []struct{ old, new, changes string }{
		{"\thidden\n", "", "p.Third"},
		{"\tSecond\n", "\tother\n\tSecond\n", "p.Second p.Third"},
		{"= iota", "= iota + 1", "p.First p.Second p.Third"},
		{"type Order int", "type Order uint8", "p.Order"},
		{"Second\n\thidden", "Second\n\tconcealed", ""},
		{"math.MaxInt8", "math.MaxInt16", "p.Size"},
		{"most + 1", "1 + most", ""},
		{"step int, done func(last bool)", "at int, end func(bool)", ""},
		{"done func(last bool)", "done func(last int)", "p.Loop"},
		{"i, k int", "row, column int", ""},
		{"i, k int", "i int", "p.Part"},
		{"x, y float32) (sum float32) { return x + y", "a, b float32) float32 { return a + b", ""},
		{"x, y float32", "x float32, y float64", "p.Part.Do"},
		{"Run(n int) {}", "Run(count int) { println(count) }", ""},
		{"Run(n int)", "Run(n ...int)", "p.Run"},
		{"func Run(n int) {}\n", "", "p.Run"},
		{"func Run(n int) {}\n", "func Run(n int) {}\n\nfunc Walk() {}\n", "p.Walk"},
	} {
		if !strings.Contains(before, c.old) {
			t.Fatalf("no %q", c.old)
		}
		now := sums(strings.Replace(before, c.old, c.new, 1))
		var changed []string
		for name := range now {
			if now[name] != was[name] {
				changed = append(changed, name)
			}
		}
		for name := range was {
			if now[name] == "" {
				changed = append(changed, name)
			}
		}
		slices.Sort(changed)
		if got := strings.Join(changed, " "); got != c.changes {
			t.Errorf("%q for %q changes %q, want %q", c.new, c.old, got, c.changes)
		}
	}
}

// exported returns what packages outside of the runtime may name, with checksums of the declarations: of functions and
// methods the types of what they take and return, of types what they are, of constants type and value. Names of
// parameters do not count, nor do bodies and comments.
func exported(t *testing.T, source fs.FS) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	packages := map[string][]*ast.File{} // by folder
	err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		src, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, src, 0)
		if err != nil || file.Name.Name == "main" {
			return err
		}
		packages[path.Dir(name)] = append(packages[path.Dir(name)], file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{t: t, fset: fset, source: source, packages: packages, std: importer.ForCompiler(fset, "source", nil),
		checked: map[string]*types.Package{}}
	parts := map[string]map[string]bool{} // the texts of a name, which may differ from one system to another
	for _, folder := range slices.Sorted(maps.Keys(packages)) {
		if strings.Contains(folder+"/", "internal/") {
			continue
		}
		scope := c.check(folder).Scope()
		for _, file := range packages[folder] {
			for _, decl := range file.Decls {
				declared(decl, scope, func(ident, text string) {
					key := folder + "." + ident
					if parts[key] == nil {
						parts[key] = map[string]bool{}
					}
					parts[key][text] = true
				})
			}
		}
	}
	sums := map[string]string{}
	for name, texts := range parts {
		sums[name] = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(texts)), "\n"))))[:12]
	}
	return sums
}

// checker evaluates the constants of packages, as they are on linux/amd64, without the bodies of functions.
type checker struct {
	t        *testing.T
	fset     *token.FileSet
	source   fs.FS
	packages map[string][]*ast.File
	std      types.Importer
	checked  map[string]*types.Package // by folder
}

// withConstants are the packages of Go's library whose constants those of the runtime are made of. What is imported from
// others is left open, which no constant minds.
var withConstants = []string{"math", "math/bits"}

// Import returns a package by its path.
func (c *checker) Import(name string) (*types.Package, error) {
	if folder, ok := strings.CutPrefix(name, "github.com/nngen/nngen/runtime/"); ok && c.packages[folder] != nil {
		return c.check(folder), nil
	}
	if slices.Contains(withConstants, name) {
		return c.std.Import(name)
	}
	return nil, errors.New("not needed")
}

func (c *checker) check(folder string) *types.Package {
	if p := c.checked[folder]; p != nil {
		return p
	}
	system := build.Default
	system.GOOS, system.GOARCH, system.CgoEnabled, system.BuildTags = "linux", "amd64", false, nil
	system.OpenFile = func(name string) (io.ReadCloser, error) { return c.source.Open(filepath.ToSlash(name)) }
	var files []*ast.File
	for _, f := range c.packages[folder] {
		dir, name := path.Split(c.fset.Position(f.Pos()).Filename)
		if ok, err := system.MatchFile(path.Clean(dir), name); err != nil {
			c.t.Fatal(err)
		} else if ok {
			files = append(files, f)
		}
	}
	config := types.Config{Importer: c, IgnoreFuncBodies: true, Error: func(error) {}}
	p, _ := config.Check(folder, c.fset, files, nil) // what is left open is an error
	c.checked[folder] = p
	return p
}

// declared calls add for what a declaration exports. The value of a constant counts, that of a variable does not.
func declared(decl ast.Decl, scope *types.Scope, add func(ident, text string)) {
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
		add(ident, source(d.Type))
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					add(s.Name.Name, source(s))
				}
			case *ast.ValueSpec:
				value := *s
				if d.Tok == token.VAR && s.Type != nil {
					value.Values = nil
				}
				for _, name := range s.Names {
					if !name.IsExported() {
						continue
					}
					text := source(&value)
					if c, ok := scope.Lookup(name.Name).(*types.Const); ok {
						if c.Val().Kind() == constant.Unknown {
							panic("no value for " + name.Name + ": what it is made of is of none of withConstants")
						}
						text = "const " + c.Type().String() + " = " + c.Val().ExactString()
					}
					add(name.Name, text)
				}
			}
		}
	}
}

// source returns Go in one line, without the names of parameters and results.
func source(node ast.Node) string {
	ast.Inspect(node, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncType); ok {
			f.Params, f.Results = unnamed(f.Params), unnamed(f.Results)
		}
		return true
	})
	var b bytes.Buffer
	printer.Fprint(&b, token.NewFileSet(), node) // into memory
	return strings.Join(strings.Fields(b.String()), " ")
}

// unnamed returns a list of types, one for each name of a list.
func unnamed(list *ast.FieldList) *ast.FieldList {
	if list == nil {
		return nil
	}
	types := &ast.FieldList{}
	for _, f := range list.List {
		for range max(1, len(f.Names)) {
			types.List = append(types.List, &ast.Field{Type: f.Type})
		}
	}
	return types
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
