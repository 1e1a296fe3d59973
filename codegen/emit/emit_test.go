package emit

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"
	"pgregory.net/rapid"

	"github.com/nngen/nngen/spec"
)

// newTestFile returns an empty file of package m.
func newTestFile() *file {
	net := &Network{Name: "m", Version: "v0", SpecBase: "m.yaml", ImportPath: "example.com/m",
		Runtime: "example.com/m/internal"}
	return net.newFile(newSymbols(), net.ImportPath, net.Name, "", net.Name)
}

// source renders a file.
func render(t interface {
	Helper()
	Fatal(...any)
}, f *file) string {
	t.Helper()
	src, err := f.render()
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// TestAnyTextIsALiteralOrAComment writes random text as a literal and in comments: the value comes back, and the
// comments are lines that begin as comments do, and hold nothing that ends them or turns the direction of writing.
func TestAnyTextIsALiteralOrAComment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		f := newTestFile()
		f.variable("v is "+inline(text)+", and\n"+text+".", "v", Origin{}, quoted(text))
		f.variable("", "w", Origin{}, longQuoted(strings.Repeat(text, 20)))
		f.variable("", "x", Origin{}, jen.Index().String().Add(literals("{}", []string{text, "b", text + text}, 20)))
		src := render(t, f)
		parsed, err := parser.ParseFile(token.NewFileSet(), "m.go", src, parser.ParseComments)
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		if len(parsed.Decls) != 3 {
			t.Fatalf("%d declarations, want 3:\n%s", len(parsed.Decls), src)
		}
		for _, g := range parsed.Comments {
			for _, c := range g.List {
				if !strings.HasPrefix(c.Text, "// ") && c.Text != "//" && !strings.HasPrefix(c.Text, "//\t") ||
					strings.ContainsFunc(c.Text, func(r rune) bool { return r != '\t' && !strconv.IsPrint(r) }) {
					t.Fatalf("the comment %q", c.Text)
				}
			}
		}
		_, after, _ := strings.Cut(src, "var v = ")
		line, _, _ := strings.Cut(after, "\n")
		if got, err := strconv.Unquote(line); err != nil || got != text {
			t.Fatalf("%s is %q, %v, want %q", line, got, err, text)
		}
	})
}

// TestCommentsHaveBoundedLines folds paragraphs, and leaves tables as they are.
func TestCommentsHaveBoundedLines(t *testing.T) {
	long := strings.Repeat("word ", 60)
	for _, line := range comment(long + "\nnext\n\n\t" + long) {
		if width(line) > lineLimit && !strings.HasPrefix(line, "// \t") {
			t.Errorf("%d characters: %s", width(line), line)
		}
	}
	if got := comment("a\n\n\tb\nc"); strings.Join(got, "|") != "// a|//|// \tb|// c" {
		t.Errorf("%q", got)
	}
}

// TestListsAreBrokenBetweenItems calls a function with more and more arguments.
func TestListsAreBrokenBetweenItems(t *testing.T) {
	for n := range 60 {
		f := newTestFile()
		args := []jen.Code{quoted("a, b || c, \\")}
		for range n {
			args = append(args, jen.Id("argument").Index(jen.Op(":").Id("n").Op("*").Lit(10)))
		}
		f.function("call calls.", function{name: "call", params: []field{vars(floats(), "argument"), vars(jen.Int(), "n")}},
			f.call(1, "", jen.Id("called"), args...))
		src := render(t, f)
		for _, line := range strings.Split(src, "\n") {
			if width(line) > lineLimit {
				t.Errorf("%d arguments: %d characters: %s", n, width(line), line)
			}
		}
		if got := strings.Count(src, "argument[:n*10]"); got != n {
			t.Errorf("%d arguments, want %d:\n%s", got, n, src)
		}
	}
}

// TestAClashHasBothOrigins declares names twice.
func TestAClashHasBothOrigins(t *testing.T) {
	s := newSymbols()
	a, b := Origin{"layer \"a\"", spec.Pos{Line: 1}}, Origin{"layer \"b\"", spec.Pos{Line: 2}}
	s.declare("", "X", a)
	s.declare("T", "X", b) // another scope
	if err := s.err(); err != nil {
		t.Fatal(err)
	}
	s.declare("", "X", b)
	s.declare("", "Y", a)
	s.declare("", "Y", Origin{})
	if len(s.clashes) != 2 || s.clashes[0].First != a || s.clashes[0].Second != b || s.clashes[1].Second != a {
		t.Errorf("%+v", s.clashes)
	}
}

// TestFieldsWithoutATagAreNamedApart has columns whose names make the same field, or none.
func TestFieldsWithoutATagAreNamedApart(t *testing.T) {
	net := &Network{Inputs: []Port{{Name: "x", Ident: "X"}}}
	for _, name := range []string{"°", "X", "X_2", "m²", "m³", "a b"} {
		net.Inputs[0].Columns = append(net.Inputs[0].Columns, Column{Name: name})
	}
	want := []string{"X_3", "X", "X2", "M", "M_2", "AB"}
	if got := net.table(0).fields; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestImportsAreNamedApartFromLocals has a package whose name is that of a local, of an import, or of neither.
func TestImportsAreNamedApartFromLocals(t *testing.T) {
	for name, want := range map[string]string{
		"digits": "digits.Params", "x": "model.Params", "vec": "model.Params", "model": "model.Params", "Top": "model.Params",
	} {
		net := &Network{Name: name, ImportPath: "example.com/" + name, Runtime: "example.com/runtime"}
		files, err := net.writePackage("example.com/train", "train", []source{{name: "f.go", write: func(f *file) {
			f.function("", function{name: "f", params: []field{vars(jen.Op("*").Add(f.qual("model", "Params")), "x")}},
				f.qual("vec", "Add").Call())
		}}, {name: "top.go", write: func(f *file) { f.constant("", "Top", jen.Lit(1)) }}})
		if err != nil {
			t.Fatal(err)
		}
		src := string(files["f.go"])
		if !strings.Contains(src, "x *"+want) || !strings.Contains(src, "vec.Add()") {
			t.Errorf("%s:\n%s", name, src)
		}
	}
}

// TestThePinStandsBelowItsComment has the constant of a runtime that is shared, and that of one that is imported.
func TestThePinStandsBelowItsComment(t *testing.T) {
	for pin, net := range map[string]*Network{
		"nnrt.RunNngenCompile5e0c": {Pin: "RunNngenCompile5e0c"}, "abi.RunNngenCompile7": {Edition: "RunNngenCompile7"},
	} {
		net.Name, net.SpecBase, net.ImportPath, net.Runtime = "m", "m.yaml", "example.com/m", "example.com/nnrt"
		files, err := net.writePackage(net.ImportPath, net.Name, []source{{name: "m.go", doc: "Package m.", write: func(f *file) {
			f.constant("Size is one.", "Size", jen.Lit(1))
		}}})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), "m.go", files["m.go"], parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, d := range parsed.Decls {
			c, ok := d.(*ast.GenDecl)
			if ok && c.Tok == token.CONST && c.Specs[0].(*ast.ValueSpec).Names[0].Name == "_" {
				found = strings.Contains(c.Doc.Text(), "that this package was compiled for.")
			}
		}
		if !found || !strings.Contains(string(files["m.go"]), "compile m.yaml.\nconst _ = "+pin+"\n") {
			t.Errorf("%s:\n%s", pin, files["m.go"])
		}
	}
}

// TestFixedDeclarationsAreWhole copies every one of them.
func TestFixedDeclarationsAreWhole(t *testing.T) {
	for name := range fixedDecls() {
		f := newTestFile()
		f.fixed(name)
		src := render(t, f)
		if bytes.Contains([]byte(src), []byte("nngen/runtime")) {
			t.Errorf("%s imports the runtime of this module:\n%s", name, src)
		}
	}
}

// TestThePrinterAsksThePlan reads this package: of what a network computes it knows the plan, no node of a graph and no
// primitive but the names of these.
func TestThePrinterAsksThePlan(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		named := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				switch {
				case s.Sel.Name == "Name":
					named[s.X] = true
				case s.Sel.Name == "Nodes", s.Sel.Name == "Prim" && !named[s]:
					t.Errorf("%s: it reads %s of a graph", set.Position(s.Pos()), s.Sel.Name)
				}
			}
			return true
		})
	}
}
