package emit

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"sync"

	"github.com/dave/jennifer/jen"
)

// fixedSource holds declarations that are the same in every generated package. They are Go files of this module, so the
// compiler checks them; what varies is built from jennifer's constructs instead.
//
//go:embed fixed
var fixedSource embed.FS

// fixedDecl is such a declaration: its comment, its source, cut at the names of other packages, and the names that it
// declares, by scope.
type fixedDecl struct {
	doc    string
	parts  []part
	names  [][2]string
	locals []string
}

// part is source as it stands, or a name of another package.
type part struct{ text, pkg, name string }

// fixedDecls returns the declarations by name, those of methods as Type.Method, those of packages steps and
// stepped behind steps/ and stepped/.
var fixedDecls = sync.OnceValue(func() map[string]fixedDecl {
	all := map[string]fixedDecl{}
	for _, name := range []string{"fixed/model/model.go", "fixed/steps/steps.go",
		"fixed/stepped/stepped.go", "fixed/train/train.go"} {
		src, err := fixedSource.ReadFile(name)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, src, parser.ParseComments)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
				continue
			}
			decl := parseFixed(set, src, imported(f), d)
			for _, n := range decl.names {
				key := n[1]
				if n[0] != "" {
					key = n[0] + "." + key
				}
				if f.Name.Name == "steps" || f.Name.Name == "stepped" {
					key = f.Name.Name + "/" + key
				}
				all[key] = decl
			}
		}
	}
	return all
})

// imported returns the names of the packages that a file imports.
func imported(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, s := range f.Imports {
		if p, err := strconv.Unquote(s.Path.Value); err == nil {
			names[path.Base(p)] = true
		}
	}
	return names
}

// parseFixed takes a declaration apart.
func parseFixed(set *token.FileSet, src []byte, imports map[string]bool, d ast.Decl) fixedDecl {
	var decl fixedDecl
	switch d := d.(type) {
	case *ast.FuncDecl:
		scope := ""
		if d.Recv != nil {
			scope = receiver(d.Recv.List[0].Type)
		}
		decl.doc, decl.names = d.Doc.Text(), [][2]string{{scope, d.Name.Name}}
	case *ast.GenDecl:
		decl.doc = d.Doc.Text()
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				decl.names = append(decl.names, [2]string{"", s.Name.Name})
			case *ast.ValueSpec:
				for _, n := range s.Names {
					decl.names = append(decl.names, [2]string{"", n.Name})
				}
			}
		}
	}
	offset := func(p token.Pos) int { return set.Position(p).Offset }
	at := offset(d.Pos())
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil && imports[x.Name] {
				decl.parts = append(decl.parts, part{text: string(src[at:offset(n.Pos())])}, part{pkg: x.Name, name: n.Sel.Name})
				at = offset(n.End())
			}
		case *ast.Ident:
			if n.Obj != nil && n.Obj.Kind == ast.Var {
				decl.locals = append(decl.locals, n.Name)
			}
		}
		return true
	})
	decl.parts = append(decl.parts, part{text: string(src[at:offset(d.End())])})
	return decl
}

// receiver returns the name of a method's type.
func receiver(t ast.Expr) string {
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	return t.(*ast.Ident).Name
}

// fixed writes declarations that are the same in each package, by name.
func (f *file) fixed(names ...string) {
	for _, name := range names {
		d, ok := fixedDecls()[name]
		if !ok {
			panic(fmt.Sprintf("BUG: there is no fixed declaration %s", name))
		}
		for _, n := range d.names {
			f.pkg.declare(n[0], n[1], Origin{})
		}
		for _, l := range d.locals {
			f.locals[l] = true
		}
		s := &jen.Statement{}
		for _, p := range d.parts {
			if p.pkg != "" {
				s.Add(f.qual(p.pkg, p.name))
			} else {
				s.Op(p.text)
			}
		}
		f.declare(d.doc, s)
	}
}
