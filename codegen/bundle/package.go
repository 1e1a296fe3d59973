package bundle

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// builds are the constraints that files of the runtime may have, and the ends of the names of the files that gather
// them.
var builds = [...]struct{ constraint, suffix string }{
	{"", ".go"},
	{"amd64 && !purego", "_amd64.go"},
	{"!amd64 || purego", "_noasm.go"},
	{"arm64 && !purego", "_arm64.go"},
	{"!arm64 || purego", "_noneon.go"},
	{"(amd64 || arm64) && !purego", "_simd.go"},
	{"(!amd64 && !arm64) || purego", "_nosimd.go"},
}

// machines are the values of GOARCH that have assembly; it is in files that end in them.
var machines = [...]string{"amd64", "arm64"}

// pkg is what is known of one package of the runtime.
type pkg struct {
	dir     string
	doc     string             // its doc comment
	decls   []*decl            // in the order of the files, and within them
	names   map[string][]*decl // declarations at package level by name, but for methods
	methods []*decl
	blocks  []*block // of assembly
	imports []string // paths that its files import
	parts   []part
}

// source is a Go file of the runtime, or a generated one. Packages share those of the runtime, which do not change.
type source struct {
	name, build string
	text        []byte
	syntax      *ast.File
	fset        *token.FileSet
	imports     map[string]string // names in the file to paths
	imported    []string          // paths
}

// decl is a declaration that is taken or left as a whole: a function, a method, or a spec of a group; the groups of
// constants that count by iota are one.
type decl struct {
	pkg      *pkg
	file     *source
	node     ast.Node     // *ast.FuncDecl, *ast.GenDecl or a spec
	group    *ast.GenDecl // of a spec
	receiver string       // of a method
	name     string       // of a function or method
}

// origin names a package of an embedded runtime as a configuration reads it.
type origin struct {
	source             embed.FS
	plain, narrow, all bool
	dir, parts         string
}

// read keeps the packages of embedded runtimes, which do not change, by origin: reading one takes longer than all else
// that is done for a copy. What Files and Whole take is kept by each bundler.
var read sync.Map

// load returns a package.
func (b *bundler) load(dir string) (*pkg, error) {
	if p := b.packages[dir]; p != nil {
		return p, nil
	}
	source, embedded := b.Source.(embed.FS)
	key := origin{source, b.Plain, b.Narrow, b.all, dir, b.on.key(dir)}
	if p, ok := read.Load(key); embedded && ok {
		b.packages[dir] = p.(*pkg)
		return p.(*pkg), nil
	}
	p, err := b.parse(dir)
	if err != nil {
		return nil, err
	}
	if embedded {
		read.Store(key, p)
	}
	b.packages[dir] = p
	return p, nil
}

// parse reads a package.
func (b *bundler) parse(dir string) (*pkg, error) {
	entries, err := fs.ReadDir(b.Source, dir)
	if err != nil {
		return nil, fmt.Errorf("bundle: no package %s in the runtime: %w", dir, err)
	}
	p := &pkg{dir: dir, names: map[string][]*decl{}}
	var names []string
	sources := map[string][]byte{}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() || strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") &&
			!strings.HasSuffix(name, ".s") {
			continue
		}
		src, err := fs.ReadFile(b.Source, name)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, ".s") {
			machine := strings.TrimSuffix(name[strings.LastIndex(name, "_")+1:], ".s")
			if !slices.Contains(machines[:], machine) {
				return nil, fmt.Errorf("bundle: %s: assembly for none of %q", name, machines)
			}
			p.addAssembly(machine, string(src))
			continue
		}
		names, sources[name] = append(names, name), src
		p.parts = append(p.parts, partsOf(src)...)
	}
	on := b.on.of(p)
	values := b.absent()
	for name := range on {
		on[name] = on[name] || b.all
		values[name] = on[name]
	}
	for _, name := range names {
		src := sources[name]
		if len(p.parts) > 0 {
			src = decideLines(src, on)
		}
		s, err := b.settled(values, name, src)
		if err != nil {
			return nil, err
		}
		p.addGo(s)
	}
	return p, nil
}

// absent returns the variables and functions of package cpu that are false.
func (b *bundler) absent() map[string]bool {
	values := map[string]bool{}
	switch {
	case b.Plain:
		for _, name := range []string{"HasAVX2FMA", "HasAVX512", "HasSplitAVX512", "HasVNNI", "HasNEON", "HasSIMD"} {
			values["cpu."+name] = false
		}
	case b.Narrow:
		values["cpu.HasAVX512"], values["cpu.HasSplitAVX512"] = false, false
	}
	return values
}

// newSource reads a file.
func newSource(name string, src []byte) (*source, error) {
	s := &source{name: name, text: src, fset: token.NewFileSet(), imports: map[string]string{}}
	f, err := parser.ParseFile(s.fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	s.syntax = f
	if s.build, err = constraint(f); err != nil {
		return nil, fmt.Errorf("bundle: %s: %w", name, err)
	}
	for _, i := range f.Imports {
		at, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		local := path.Base(at)
		if i.Name != nil {
			local = i.Name.Name
		}
		s.imports[local] = at
		s.imported = append(s.imported, at)
	}
	return s, nil
}

// addGo adds the declarations of a file.
func (p *pkg) addGo(s *source) {
	if f := s.syntax; f.Doc != nil {
		p.doc = s.slice(f.Doc.Pos(), f.Doc.End())
	}
	p.imports = append(p.imports, s.imported...)
	for _, d := range s.syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			x := &decl{pkg: p, file: s, node: d, name: d.Name.Name}
			p.decls = append(p.decls, x)
			if d.Recv != nil {
				x.receiver = receiver(d)
				p.methods = append(p.methods, x)
				continue
			}
			p.names[x.name] = append(p.names[x.name], x)
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			if counts(d) || len(d.Specs) == 1 {
				p.group(&decl{pkg: p, file: s, node: d}, d.Specs)
				continue
			}
			for _, spec := range d.Specs {
				p.group(&decl{pkg: p, file: s, node: spec, group: d}, []ast.Spec{spec})
			}
		}
	}
}

// group adds a declaration of specs.
func (p *pkg) group(x *decl, specs []ast.Spec) {
	p.decls = append(p.decls, x)
	for _, spec := range specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			p.names[spec.Name.Name] = append(p.names[spec.Name.Name], x)
		case *ast.ValueSpec:
			for _, n := range spec.Names {
				p.names[n.Name] = append(p.names[n.Name], x)
			}
		}
	}
}

// counts tells whether the values of a group of constants depend on their places in it.
func counts(d *ast.GenDecl) bool {
	return d.Tok == token.CONST && slices.ContainsFunc(d.Specs, func(s ast.Spec) bool {
		iota := len(s.(*ast.ValueSpec).Values) == 0
		ast.Inspect(s, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			iota = iota || ok && id.Name == "iota"
			return true
		})
		return iota
	})
}

// constraint returns the build constraint of a file, one of builds.
func constraint(f *ast.File) (string, error) {
	for _, g := range f.Comments {
		for _, c := range g.List {
			if line, ok := strings.CutPrefix(c.Text, "//go:build "); ok && g.Pos() < f.Package {
				for _, b := range builds {
					if b.constraint == line {
						return line, nil
					}
				}
				return "", fmt.Errorf("the build constraint %q is none of %q", line, builds)
			}
		}
	}
	return "", nil
}

// receiver returns the name of the type that a method belongs to.
func receiver(fn *ast.FuncDecl) string {
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func (s *source) slice(from, to token.Pos) string {
	return string(s.text[s.fset.Position(from).Offset:s.fset.Position(to).Offset])
}

// uses calls found for each identifier in a node that may stand for a declaration at package level, and imported for
// each name of an imported package with the name after it.
func (s *source) uses(node ast.Node, found func(string), imported func(path, name string), selected func(string)) {
	outer := map[*ast.Ident]bool{} // identifiers of another scope: after a dot, and names of methods
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			outer[n.Name] = true
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil && s.imports[x.Name] != "" {
				imported(s.imports[x.Name], n.Sel.Name)
				return false
			}
			selected(n.Sel.Name)
			outer[n.Sel] = true
		case *ast.Ident:
			// The parser resolves what is declared in the file: at package level, and in functions.
			if !outer[n] && (n.Obj == nil || s.syntax.Scope.Lookup(n.Name) == n.Obj) {
				found(n.Name)
			}
		}
		return true
	})
}
