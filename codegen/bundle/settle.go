package bundle

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"sync"
)

// settle reads a Go file of the runtime as it is where some names have these values: what only the others' code does is
// gone. Names are those of constants of the file's package, see part, and of variables and functions of package cpu.
// Where cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasSplitAVX512, cpu.HasVNNI, cpu.HasNEON and cpu.HasSIMD are false there is no
// assembly, and the Go twins, whose bits kernels have, are left: that serves networks of so few operations that kernels
// gain nothing.
//
// Only statements are decided, the ways in which the runtime asks: if and a switch without a tag. What follows a
// block that always ends in return goes with it.
func settle(values map[string]bool, name string, src []byte) (*source, error) {
	for range 1000 { // each round decides what does not lie in what another decision changes
		s, err := newSource(name, src)
		if err != nil {
			return nil, err
		}
		if len(asked(values, src)) == 0 {
			return s, nil
		}
		e := edit{src: src, values: values, offset: func(p token.Pos) int { return s.fset.Position(p).Offset }}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				e.statements(n.List)
			case *ast.CaseClause:
				e.statements(n.Body)
			}
			return true
		})
		if len(e.changes) == 0 {
			e.lastReturns(s.syntax)
		}
		if len(e.changes) == 0 {
			return s, nil
		}
		src = e.apply()
	}
	return nil, fmt.Errorf("bundle: %s: the conditions on kernels do not come to an end", name)
}

// asked returns the names that a text has, each with its value.
func asked(values map[string]bool, src []byte) (all []string) {
	for name, value := range values {
		if bytes.Contains(src, []byte(name)) {
			all = append(all, fmt.Sprint(name, "=", value))
		}
	}
	slices.Sort(all)
	return all
}

// settlement names a file that is settled.
type settlement struct{ name, text, asked string }

// settlements keep the files of embedded runtimes as settle leaves them: packages with other parts have most files in
// common.
var settlements sync.Map

// settled is settle, which is done once for each file of an embedded runtime and the values that it asks for.
func (b *bundler) settled(values map[string]bool, name string, src []byte) (*source, error) {
	if _, embedded := b.Source.(embed.FS); !embedded {
		return settle(values, name, src)
	}
	key := settlement{name, string(src), strings.Join(asked(values, src), " ")}
	if s, ok := settlements.Load(key); ok {
		return s.(*source), nil
	}
	s, err := settle(values, name, src)
	if err == nil {
		settlements.Store(key, s)
	}
	return s, err
}

// edit is what is decided of a file in one round.
type edit struct {
	values  map[string]bool
	src     []byte
	offset  func(token.Pos) int
	changes []change // that do not overlap
}

// change puts a text in the place of bytes [from, to).
type change struct {
	from, to int
	with     string
}

// replace notes a change, unless it overlaps with one: that may be decided in the next round.
func (e *edit) replace(from, to token.Pos, with string) {
	c := change{e.offset(from), e.offset(to), with}
	if with == "" && c.to < len(e.src) && e.src[c.to] == '\n' {
		c.to++ // no empty line where a statement was
	}
	if !slices.ContainsFunc(e.changes, func(x change) bool { return c.from < x.to && x.from < c.to }) {
		e.changes = append(e.changes, c)
	}
}

// apply returns the file with the changes.
func (e *edit) apply() []byte {
	slices.SortFunc(e.changes, func(a, b change) int { return cmp.Compare(a.from, b.from) })
	var out []byte
	at := 0
	for _, c := range e.changes {
		out = append(append(out, e.src[at:c.from]...), c.with...)
		at = c.to
	}
	return append(out, e.src[at:]...)
}

func (e *edit) text(from, to token.Pos) string {
	return string(bytes.TrimSpace(e.src[e.offset(from):e.offset(to)]))
}

// statements decides those of a list that can be.
func (e *edit) statements(list []ast.Stmt) {
	for i, s := range list {
		switch s := s.(type) {
		case *ast.IfStmt:
			if s.Init == nil && e.ifStatement(s, list[i+1:]) {
				return
			}
		case *ast.SwitchStmt:
			if s.Tag == nil && s.Init == nil {
				e.clauses(s)
			}
		}
	}
}

// ifStatement decides an if that some statements follow, and returns whether they go with it.
func (e *edit) ifStatement(s *ast.IfStmt, next []ast.Stmt) (last bool) {
	switch value, known := e.decide(s.Cond); {
	case known && value:
		to := s.End()
		if last = returns(s.Body.List) && len(next) > 0; last {
			to = next[len(next)-1].End()
		}
		e.replace(s.Pos(), to, e.text(s.Body.Lbrace+1, s.Body.Rbrace))
	case known && s.Else != nil:
		if other, ok := s.Else.(*ast.BlockStmt); ok {
			to := s.End()
			if last = returns(other.List) && len(next) > 0; last {
				to = next[len(next)-1].End()
			}
			e.replace(s.Pos(), to, e.text(other.Lbrace+1, other.Rbrace))
			return last
		}
		e.replace(s.Pos(), s.Else.Pos(), "")
	case known:
		e.replace(s.Pos(), s.End(), "")
	default:
		e.simplify(s.Cond)
	}
	return last
}

// clauses decides the first clause of a switch that can be.
func (e *edit) clauses(s *ast.SwitchStmt) {
	for i, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		if len(c.List) != 1 {
			continue
		}
		before := len(e.changes)
		switch value, known := e.decide(c.List[0]); {
		case known && value && i == 0:
			e.replace(s.Pos(), s.End(), e.text(c.Colon+1, c.End()))
		case known && value:
			e.replace(c.Pos(), s.Body.Rbrace, "default:\n"+e.text(c.Colon+1, c.End())+"\n")
		case known:
			e.replace(c.Pos(), c.End(), "")
		default:
			e.simplify(c.List[0])
		}
		if len(e.changes) > before {
			return
		}
	}
}

// simplify takes an operand that is decided out of a condition that is not.
func (e *edit) simplify(cond ast.Expr) {
	before := len(e.changes)
	ast.Inspect(cond, func(n ast.Node) bool {
		if x, ok := n.(*ast.BinaryExpr); ok && len(e.changes) == before {
			if _, known := e.decide(x.X); known {
				e.replace(x.Pos(), x.Y.Pos(), "")
			} else if _, known := e.decide(x.Y); known {
				e.replace(x.X.End(), x.End(), "")
			}
		}
		return len(e.changes) == before
	})
}

// decide returns the value of a condition, and whether the values of the names alone decide it.
func (e *edit) decide(x ast.Expr) (value, known bool) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return e.decide(x.X)
	case *ast.UnaryExpr:
		value, known = e.decide(x.X)
		return !value, known && x.Op == token.NOT
	case *ast.BinaryExpr:
		l, leftKnown := e.decide(x.X)
		r, rightKnown := e.decide(x.Y)
		switch x.Op {
		case token.LOR:
			return l && leftKnown || r && rightKnown, leftKnown && rightKnown || leftKnown && l || rightKnown && r
		case token.LAND:
			return l && r && leftKnown && rightKnown, leftKnown && rightKnown || leftKnown && !l || rightKnown && !r
		}
	case *ast.CallExpr:
		return e.decide(x.Fun)
	case *ast.SelectorExpr:
		if id, ok := x.X.(*ast.Ident); ok {
			value, known = e.values[id.Name+"."+x.Sel.Name]
		}
		return value, known
	case *ast.Ident:
		value, known = e.values[x.Name]
		return value, known && x.Obj == nil // else it is of a function: the constants of parts are gone
	}
	return false, false
}

// lastReturns leaves out what a decision can leave behind: a return without results at the end of a function.
func (e *edit) lastReturns(f *ast.File) {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && fn.Type.Results == nil && returns(fn.Body.List) {
			last := fn.Body.List[len(fn.Body.List)-1]
			e.replace(last.Pos(), last.End(), "")
		}
	}
}

// returns tells whether a list ends in return.
func returns(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	_, ok := list[len(list)-1].(*ast.ReturnStmt)
	return ok
}
