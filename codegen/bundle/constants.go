package bundle

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// giveConstants finds the packages of which nothing but constants are taken, as package abi, by one package alone:
// their constants become that one's, since a package of a few lines is more to look up than to read.
func (b *bundler) giveConstants() {
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
	b.given = map[string]*pkg{}
	for dir, by := range users {
		if p := b.packages[dir]; p != nil && len(by) == 1 && by[0] != nil && b.constant(p, by[0]) {
			b.given[dir] = by[0]
		}
	}
}

// givers returns the packages whose constants go to p, sorted.
func (b *bundler) givers(p *pkg) (all []*pkg) {
	for _, dir := range sortedPackages(b.packages) {
		if b.given[dir] == p {
			all = append(all, b.packages[dir])
		}
	}
	return all
}

// constant tells whether all that is taken of p are constants, whose names may stand in q.
func (b *bundler) constant(p, q *pkg) bool {
	for name, decls := range p.names {
		for _, d := range decls {
			group, _ := d.node.(*ast.GenDecl)
			if group == nil {
				group = d.group
			}
			if b.decls[d] && (group == nil || group.Tok != token.CONST || d.file.build != "" || q.names[name] != nil) {
				return false
			}
		}
	}
	return len(p.blocks) == 0 // methods have types
}

// plainly returns the text of a file from a position to another, without the names of given packages before those of
// their constants.
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
