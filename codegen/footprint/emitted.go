package footprint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// pkg is a package that was emitted.
type pkg struct {
	runtime string
	decls   map[string]*decl // functions, variables, constants and types by name, methods as Type.Method
	model   *pkg             // what a training package imports as the package of the model
	path    string           // its import path
	network Network
	copies  map[string]*pkg // packages of the runtime as copies have them, by folder; nil for none
}

// decl is a declaration.
type decl struct {
	node    ast.Node
	imports map[string]string // of its file: paths by name
}

// parse reads the package in a folder of a network.
func parse(n Network, dir string, model *pkg) (*pkg, error) {
	p := &pkg{runtime: n.Runtime + "/", decls: map[string]*decl{}, model: model, path: n.ImportPath, network: n,
		copies: map[string]*pkg{}}
	for name, src := range n.Files {
		if path.Dir(name) != dir || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		imports := map[string]string{}
		for _, s := range f.Imports {
			at, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return nil, err
			}
			as := path.Base(at)
			if s.Name != nil {
				as = s.Name.Name
			}
			imports[as] = at
		}
		for _, d := range f.Decls {
			p.add(d, imports)
		}
	}
	return p, nil
}

// add notes what a declaration of a file declares.
func (p *pkg) add(d ast.Decl, imports map[string]string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = receiver(d.Recv.List[0].Type) + "." + name
		}
		p.decls[name] = &decl{d, imports}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				p.decls[s.Name.Name] = &decl{s, imports}
			case *ast.ValueSpec:
				for _, id := range s.Names {
					p.decls[id.Name] = &decl{s, imports}
				}
			}
		}
	}
}

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// use is what declarations that were reached use.
type use struct {
	decls     []*decl            // each once, though it declares several names
	functions map[[2]string]bool // of packages: import path, without that of the runtime for its own, and name
	selected  map[string]bool    // names after a dot: of methods, among others
	seen      map[string]*decl   // by name
}

// reach returns what functions use, and what runs before main: variables that are set by calls.
func (p *pkg) reach(roots []string) use {
	u := use{functions: map[[2]string]bool{}, selected: map[string]bool{}, seen: map[string]*decl{}}
	for _, r := range roots {
		p.visit(&u, r)
	}
	for name, d := range p.decls {
		if v, ok := d.node.(*ast.ValueSpec); ok && slices.ContainsFunc(v.Values, calls) {
			p.visit(&u, name)
		}
	}
	for again := true; again; {
		again = false
		for name := range p.decls {
			if of, method, ok := strings.Cut(name, "."); ok && u.seen[name] == nil && u.seen[of] != nil && u.selected[method] {
				p.visit(&u, name)
				again = true
			}
		}
	}
	nodes := map[ast.Node]bool{}
	for _, d := range u.seen {
		if !nodes[d.node] {
			nodes[d.node] = true
			u.decls = append(u.decls, d)
		}
	}
	return u
}

// calls tells whether an initial value is computed at the start of a program.
func calls(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		_, isFunc := n.(*ast.FuncLit)
		_, isCall := n.(*ast.CallExpr)
		found = found || isCall
		return !isFunc && !found
	})
	return found
}

// visit takes a declaration and what it names.
func (p *pkg) visit(u *use, name string) {
	d := p.decls[name]
	if d == nil || u.seen[name] != nil {
		return
	}
	u.seen[name] = d
	ast.Inspect(d.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			p.visit(u, n.Name)
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				if at := d.imports[x.Name]; at != "" {
					u.functions[[2]string{strings.Replace(at, p.runtime, ours, 1), n.Sel.Name}] = true
					return false
				}
			}
			u.selected[n.Sel.Name] = true
		case *ast.FuncDecl:
			if n.Recv != nil {
				p.visit(u, receiver(n.Recv.List[0].Type))
			}
		}
		return true
	})
}
