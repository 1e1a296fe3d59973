package bundle

import (
	"cmp"
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

type bundler struct {
	Config
	packages map[string]*pkg
	decls    map[*decl]bool  // that are taken
	blocks   map[*block]bool // that are taken
	selected map[string]bool // names after a dot in what is taken, any of which may be a method: see selection
	// elsewhere holds the functions, as pkg.Name, that a package of the runtime other than their own names in what is
	// taken.
	elsewhere map[string]bool
	wanted    func(machine, kernel, section string) bool
	on        chosen          // parts of packages
	all       bool            // whether all parts are on
	decided   bool            // whether the parts that the plan does not come to are off
	words     map[string]bool // identifiers of the generated files
	brief     bool            // whether comments are cut: see documented
	exposed   []*decl         // types that users of a generated package get to see
	roots     []*root         // generated files, in the order of their names
	given     map[string]*pkg // packages by folder, to those that their declarations go to: see join
}

func newBundler(c Config) *bundler {
	return &bundler{Config: c, packages: map[string]*pkg{}, decls: map[*decl]bool{}, blocks: map[*block]bool{},
		on: chosen{}}
}

// interfaceMethods are methods by which types of the runtime satisfy interfaces of the standard library, which calls
// them.
var interfaceMethods = map[string]bool{
	"Error": true, "Unwrap": true, "String": true, "Len": true, "Less": true, "Swap": true, "Read": true, "Write": true,
}

// root is what counts of a generated file, without its syntax: that of a network of many layers would be most of what a
// compilation takes.
type root struct {
	imports  []string
	words    []string // its identifiers
	uses     []use    // names of other packages
	exposed  []use    // those of types that users of the file get to see
	selected []string // names after a dot
}

// use is a name of an imported package.
type use struct{ path, name string }

// newRoot reads a generated file.
func newRoot(name string, src []byte) (*root, error) {
	s, err := newSource(name, src)
	if err != nil {
		return nil, err
	}
	p := &pkg{names: map[string][]*decl{}}
	p.addGo(s)
	words, uses, exposed, selected := map[string]bool{}, map[use]bool{}, map[use]bool{}, map[string]bool{}
	for _, d := range p.decls {
		noteWords(d.node, words)
		s.uses(d.node, func(string) {}, func(at, name string) { uses[use{at, name}] = true },
			func(name string) { selected[selection("", name)] = true })
		s.exposes(d.node, func(at, name string) { exposed[use{at, name}] = true })
	}
	sorted := func(all map[use]bool) []use {
		return slices.SortedFunc(maps.Keys(all), func(a, b use) int {
			return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.name, b.name))
		})
	}
	return &root{imports: p.imports, words: slices.Sorted(maps.Keys(words)), uses: sorted(uses), exposed: sorted(exposed),
		selected: slices.Sorted(maps.Keys(selected))}, nil
}

// readRoots reads the generated files, before any package of the runtime, so that both never are in memory together.
func (b *bundler) readRoots(sources map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		r, err := newRoot(name, sources[name])
		if err != nil {
			return err
		}
		b.roots = append(b.roots, r)
	}
	return nil
}

// root takes what a generated file uses.
func (b *bundler) root(r *root) error {
	for _, w := range r.words {
		b.words[w] = true
	}
	for _, name := range r.selected {
		b.selected[name] = true
	}
	for _, at := range r.imports {
		if dir, ok := strings.CutPrefix(at, b.To+"/"); ok {
			if _, err := b.load(dir); err != nil {
				return err
			}
		}
	}
	for _, u := range r.uses {
		if dir, ok := strings.CutPrefix(u.path, b.To+"/"); ok {
			if err := b.take(dir, u.name); err != nil {
				return err
			}
		}
	}
	for _, u := range r.exposed {
		if dir, ok := strings.CutPrefix(u.path, b.To+"/"); ok {
			b.expose(dir, u.name)
		}
	}
	return nil
}

// selection is how a name after a dot is noted: one that is not exported is of its package alone.
func selection(dir, name string) string {
	if ast.IsExported(name) {
		return name
	}
	return dir + "." + name
}

// take takes what a name of a package stands for; unknown names are left to the compiler.
func (b *bundler) take(dir, name string) error {
	p, err := b.load(dir)
	if err != nil {
		return err
	}
	for _, d := range p.names[name] {
		if err := b.declaration(d); err != nil {
			return err
		}
	}
	return nil
}

// declaration takes a declaration and all that it names.
func (b *bundler) declaration(d *decl) error {
	if b.decls[d] {
		return nil
	}
	b.decls[d] = true
	var err error
	check := func(e error) {
		if err == nil {
			err = e
		}
	}
	d.file.uses(d.node, func(name string) { check(b.take(d.pkg.dir, name)) }, func(at, name string) {
		if dir, ok := strings.CutPrefix(at, b.From+"/"); ok {
			if b.elsewhere != nil {
				b.elsewhere[dir+"."+name] = true
			}
			check(b.take(dir, name))
		}
	}, func(name string) { b.selected[selection(d.pkg.dir, name)] = true })
	if fn, ok := d.node.(*ast.FuncDecl); ok && fn.Body == nil && fn.Recv == nil {
		found := b.takeFunction(d.pkg, "·"+fn.Name.Name, func(name string) { check(b.take(d.pkg.dir, name)) })
		if !found {
			check(fmt.Errorf("bundle: %s: no assembly for %s", d.file.name, fn.Name.Name))
		}
	}
	return err
}

// methods takes the methods that may be called. Each may bring in more.
func (b *bundler) methods() error {
	for changed := true; changed; {
		changed = false
		for _, dir := range sortedPackages(b.packages) {
			for _, m := range b.packages[dir].methods {
				types := m.pkg.names[m.receiver]
				switch {
				case b.decls[m] || !slices.ContainsFunc(types, func(t *decl) bool { return b.decls[t] }):
				case b.selected[selection(dir, m.name)], ast.IsExported(m.name) && slices.ContainsFunc(types, b.isExposed):
					if err := b.declaration(m); err != nil {
						return err
					}
					changed = true
				}
			}
		}
	}
	return nil
}

// documented tells whether a declaration has its docs in full: users of the generated package see it.
func (b *bundler) documented(d *decl) bool {
	if !b.brief || b.isExposed(d) {
		return true
	}
	return ast.IsExported(d.name) && slices.ContainsFunc(d.pkg.names[d.receiver], b.isExposed)
}

func (b *bundler) isExposed(t *decl) bool { return slices.Contains(b.exposed, t) }

// exposes calls note with the types of other packages that an exported declaration of a generated file hands to its
// users, who may call their methods.
func (s *source) exposes(node ast.Node, note func(path, name string)) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if ast.IsExported(n.Name.Name) {
				s.exposedTypes(n.Type, note, func(string) {})
			}
			return false
		case *ast.TypeSpec:
			if ast.IsExported(n.Name.Name) {
				s.exposedTypes(n.Type, note, func(string) {})
			}
			return false
		}
		return true
	})
}

// exposedTypes calls note with the types of other packages in the exported parts of a type, and own with those of its
// package.
func (s *source) exposedTypes(t ast.Expr, note func(path, name string), own func(name string)) {
	ast.Inspect(t, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			return len(n.Names) == 0 || slices.ContainsFunc(n.Names, func(id *ast.Ident) bool {
				return ast.IsExported(id.Name) || !isStruct(t)
			})
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				note(s.imports[x.Name], n.Sel.Name)
			}
			return false
		case *ast.Ident:
			if ast.IsExported(n.Name) {
				own(n.Name)
			}
		}
		return true
	})
}

// expose notes the types of a name of the runtime, and those that they hand out in turn.
func (b *bundler) expose(dir, name string) {
	p, err := b.load(dir)
	if err != nil {
		return
	}
	for _, x := range p.names[name] {
		for _, spec := range specsOf(x) {
			if s, ok := spec.(*ast.TypeSpec); ok && s.Name.Name == name && !b.isExposed(x) {
				b.exposed = append(b.exposed, x)
				b.exposeTypes(x, s.Type)
				b.exposeMethods(x, name)
			}
		}
	}
}

// exposeTypes notes the types of the runtime in the exported parts of a type of a declaration of the runtime.
func (b *bundler) exposeTypes(d *decl, t ast.Expr) {
	d.file.exposedTypes(t, func(at, name string) {
		if dir, ok := strings.CutPrefix(at, b.From+"/"); ok {
			b.expose(dir, name)
		}
	}, func(name string) { b.expose(d.pkg.dir, name) })
}

// exposeMethods notes the types in the signatures of the exported methods of a type.
func (b *bundler) exposeMethods(d *decl, name string) {
	for _, m := range d.pkg.methods {
		if m.receiver == name && ast.IsExported(m.name) {
			b.exposeTypes(m, m.node.(*ast.FuncDecl).Type)
		}
	}
}

func isStruct(t ast.Expr) bool { _, ok := t.(*ast.StructType); return ok }

func specsOf(d *decl) []ast.Spec {
	switch n := d.node.(type) {
	case *ast.GenDecl:
		return n.Specs
	case ast.Spec:
		return []ast.Spec{n}
	}
	return nil
}

func sortedPackages(m map[string]*pkg) []string {
	var dirs []string
	for dir := range m {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return dirs
}
