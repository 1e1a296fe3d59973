package bundle

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// join finds the packages that one other package alone uses: what is taken of them becomes that one's, since a package of
// a few lines is more to look up than to read.
func (b *bundler) join() {
	users := map[string][]*pkg{} // by the folder of what they use; nil stands for a generated file
	note := func(p *pkg, root, at string) {
		if dir, ok := strings.CutPrefix(at, root+"/"); ok && !slices.Contains(users[dir], p) {
			users[dir] = append(users[dir], p)
		}
	}
	for _, p := range b.packages {
		for _, d := range p.decls {
			if b.decls[d] {
				d.file.uses(d.node, func(string) {}, func(at, _ string) { note(p, b.From, at) }, func(string) {})
			}
		}
	}
	for _, r := range b.roots {
		for _, u := range r.uses {
			note(nil, b.To, u.path)
		}
	}
	may := map[string]*pkg{}
	for dir, by := range users {
		if p := b.packages[dir]; p != nil && len(by) == 1 && by[0] != nil && b.joins(p, by[0]) {
			may[dir] = by[0]
		}
	}
	for _, q := range maps.Clone(may) {
		delete(may, q.dir) // nothing goes to a package that goes elsewhere
	}
	b.given = map[string]*pkg{}
	for _, dir := range slices.Sorted(maps.Keys(may)) {
		apart := func(other *pkg) bool { return !b.joins(b.packages[dir], other) }
		if !slices.ContainsFunc(b.givers(may[dir]), apart) {
			b.given[dir] = may[dir]
		}
	}
}

// givers returns the packages whose declarations go to p, sorted.
func (b *bundler) givers(p *pkg) (all []*pkg) {
	for _, dir := range sortedPackages(b.packages) {
		if b.given[dir] == p {
			all = append(all, b.packages[dir])
		}
	}
	return all
}

// joins tells whether all that is taken of p can stand in q, or beside q in a third package: it is of every build, and each
// name means there what it meant before.
func (b *bundler) joins(p, q *pkg) bool {
	if slices.ContainsFunc(p.blocks, func(x *block) bool { return b.blocks[x] }) {
		return false
	}
	moved := func(name string) bool {
		return slices.ContainsFunc(p.names[name], func(d *decl) bool { return b.decls[d] })
	}
	fits := true
	for _, d := range p.decls {
		if !b.decls[d] {
			continue
		}
		fits = fits && d.file.build == ""
		d.file.uses(d.node, func(name string) { fits = fits && q.names[name] == nil }, func(string, string) {}, func(string) {})
		for local, at := range d.file.imports {
			fits = fits && q.names[local] == nil && !slices.ContainsFunc(q.decls, func(d *decl) bool {
				other := d.file.imports[local]
				return other != "" && other != at
			})
		}
	}
	for name := range p.names {
		fits = fits && !(moved(name) && q.names[name] != nil)
	}
	for _, d := range q.decls {
		identifiers(d.node, func(name string) { fits = fits && !moved(name) })
		for local := range d.file.imports {
			fits = fits && !moved(local)
		}
	}
	return fits
}

// identifiers calls found for each name in a node that does not stand after a dot.
func identifiers(node ast.Node, found func(string)) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			identifiers(n.X, found)
			return false
		case *ast.Ident:
			found(n.Name)
		}
		return true
	})
}

// plainly returns the text of a file from a position to another, without the names of given packages before those of
// their declarations.
func (b *bundler) plainly(s *source, node ast.Node, from, to token.Pos) string {
	var text strings.Builder
	ast.Inspect(node, func(n ast.Node) bool {
		x, ok := n.(*ast.SelectorExpr)
		if !ok || x.Pos() < from || x.End() > to {
			return true
		}
		if id, ok := x.X.(*ast.Ident); ok && id.Obj == nil &&
			b.given[strings.TrimPrefix(s.imports[id.Name], b.From+"/")] != nil {
			text.WriteString(s.slice(from, x.Pos()))
			from = x.Sel.Pos()
		}
		return true
	})
	text.WriteString(s.slice(from, to))
	return text.String()
}
