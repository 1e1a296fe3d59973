// Package bundle picks from the runtime the files that generated code needs, and moves them to where
// that code imports them.
//
// It exists so that a generated package depends on nothing and still carries no more of the runtime
// than it uses. The unit is the file: starting from the names that generated code uses, each file
// that declares one is taken, with the files that declare what it uses in turn, its assembly and its
// twins for other builds.
package bundle

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Config says what is moved, and where.
type Config struct {
	Source fs.FS  // the runtime: one folder for each package
	From   string // import path of the runtime
	To     string // import path of the copies
	Header string // first line of each copy, a comment
}

// Files returns the files of the runtime that the given Go sources need, by path below Config.To.
// The sources import the runtime as Config.To.
func Files(c Config, sources map[string][]byte) (map[string][]byte, error) {
	b := &bundler{Config: c, packages: map[string]*pkg{}, taken: map[string]bool{}, selected: map[string]bool{}}
	for _, name := range sortedKeys(sources) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, sources[name], 0)
		if err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
		if err := b.external(f, c.To); err != nil {
			return nil, err
		}
	}
	if err := b.methods(); err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for name := range b.taken {
		src, err := fs.ReadFile(c.Source, name)
		if err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
		src = bytes.ReplaceAll(src, []byte(`"`+c.From+`/`), []byte(`"`+c.To+`/`))
		if strings.HasSuffix(name, ".go") {
			// What makes the runtime's own files is not there.
			if src, err = format.Source(directive.ReplaceAll(src, nil)); err != nil {
				return nil, fmt.Errorf("bundle: %s: %w", name, err)
			}
		}
		out[name] = append([]byte(c.Header+"\n\n"), src...)
	}
	return out, nil
}

type bundler struct {
	Config
	packages map[string]*pkg
	taken    map[string]bool
	selected map[string]bool // names after a dot, any of which may be a method
}

// pkg is what is known of one package of the runtime.
type pkg struct {
	dir      string
	files    map[string]*ast.File
	declares map[string][]string // names to the files that declare them
	methods  []method
	symbols  map[string][]string // functions in assembly to their files
	asm      map[string][]string // assembly files to all symbols that they mention
}

// method is a method and where it is.
type method struct{ receiver, name, file string }

// directive is a line that go generate would run.
var directive = regexp.MustCompile(`(?m)^//go:generate .*\n\n?`)

var (
	textSymbol = regexp.MustCompile(`(?m)^TEXT ·(\w+)`)
	anySymbol  = regexp.MustCompile(`·(\w+)`)
)

func (b *bundler) load(dir string) (*pkg, error) {
	if p := b.packages[dir]; p != nil {
		return p, nil
	}
	entries, err := fs.ReadDir(b.Source, dir)
	if err != nil {
		return nil, fmt.Errorf("bundle: no package %s in the runtime: %w", dir, err)
	}
	p := &pkg{dir: dir, files: map[string]*ast.File{}, declares: map[string][]string{}, symbols: map[string][]string{}, asm: map[string][]string{}}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir() || strings.HasSuffix(name, "_test.go"):
		case strings.HasSuffix(name, ".go"):
			src, err := fs.ReadFile(b.Source, name)
			if err != nil {
				return nil, err
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
			if err != nil {
				return nil, fmt.Errorf("bundle: %w", err)
			}
			p.files[name] = f
			for _, d := range declared(f) {
				p.declares[d] = append(p.declares[d], name)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil {
					p.methods = append(p.methods, method{receiver(fn), fn.Name.Name, name})
				}
			}
		case strings.HasSuffix(name, ".s"):
			src, err := fs.ReadFile(b.Source, name)
			if err != nil {
				return nil, err
			}
			for _, m := range textSymbol.FindAllSubmatch(src, -1) {
				p.symbols[string(m[1])] = append(p.symbols[string(m[1])], name)
			}
			for _, m := range anySymbol.FindAllSubmatch(src, -1) {
				p.asm[name] = append(p.asm[name], string(m[1]))
			}
		}
	}
	b.packages[dir] = p
	if doc := path.Join(dir, "doc.go"); p.files[doc] != nil {
		if err := b.file(p, doc); err != nil {
			return nil, err
		}
	}
	return p, nil
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
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// methods takes the files with methods that may be called: those of a type in a file that is taken,
// whose name stands after a dot somewhere. Each may bring in more.
func (b *bundler) methods() error {
	for changed := true; changed; {
		changed = false
		for _, p := range b.packages {
			for _, m := range p.methods {
				if b.taken[m.file] || !b.selected[m.name] || !slices.ContainsFunc(p.declares[m.receiver], func(f string) bool { return b.taken[f] }) {
					continue
				}
				if err := b.file(p, m.file); err != nil {
					return err
				}
				changed = true
			}
		}
	}
	return nil
}

// declared returns the names that a file declares at package level.
func declared(f *ast.File) []string {
	var names []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "init" {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.Name != "_" {
							names = append(names, n.Name)
						}
					}
				}
			}
		}
	}
	return names
}

// external takes what a file uses of packages below prefix.
func (b *bundler) external(f *ast.File, prefix string) error {
	imported := map[string]string{} // name in the file to folder
	for _, s := range f.Imports {
		p, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			return err
		}
		dir, ok := strings.CutPrefix(p, prefix+"/")
		if !ok {
			continue
		}
		name := path.Base(dir)
		if s.Name != nil {
			name = s.Name.Name
		}
		imported[name] = dir
		if _, err := b.load(dir); err != nil {
			return err
		}
	}
	var err error
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || err != nil {
			return err == nil
		}
		if x, ok := sel.X.(*ast.Ident); ok && imported[x.Name] != "" {
			err = b.name(b.packages[imported[x.Name]], sel.Sel.Name)
			return false
		}
		b.selected[sel.Sel.Name] = true
		return true
	})
	return err
}

// name takes the files that declare a name; unknown names are left to the compiler.
func (b *bundler) name(p *pkg, name string) error {
	for _, f := range p.declares[name] {
		if err := b.file(p, f); err != nil {
			return err
		}
	}
	return nil
}

// file takes a Go file and all that it needs.
func (b *bundler) file(p *pkg, name string) error {
	if b.taken[name] {
		return nil
	}
	b.taken[name] = true
	f := p.files[name]
	if err := b.external(f, b.From); err != nil {
		return err
	}
	var err error
	ast.Inspect(f, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && err == nil {
			err = b.name(p, id.Name)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body == nil {
			if err := b.assembly(p, fn.Name.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// assembly takes the files that hold a function in assembly, and what they mention.
func (b *bundler) assembly(p *pkg, fn string) error {
	for _, s := range p.symbols[fn] {
		if b.taken[s] {
			continue
		}
		b.taken[s] = true
		for _, symbol := range p.asm[s] {
			if err := b.name(p, symbol); err != nil {
				return err
			}
		}
	}
	return nil
}

func sortedKeys(m map[string][]byte) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
