package bundle

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
)

// without returns a Go file of the runtime as it is where some variables and functions of package cpu are false: what only
// their kernels do is gone. Without cpu.HasAVX2FMA, cpu.HasAVX512, cpu.HasVNNI, cpu.HasNEON and cpu.HasSIMD there is no
// assembly, and the Go twins, whose bits kernels have, are left: that serves networks of so few operations that kernels gain nothing.
//
// Only statements are decided, the ways in which the runtime asks: if and a switch without a tag. What follows a
// block that always ends in return goes with it.
func without(absent []string, name string, src []byte) ([]byte, error) {
	for range 1000 { // each round decides one statement
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, src, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
		e := edit{src: src, absent: absent, offset: func(p token.Pos) int { return fset.Position(p).Offset }}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				e.statements(n.List, n.Rbrace)
			case *ast.CaseClause:
				e.statements(n.Body, n.End())
			}
			return !e.done
		})
		if !e.done {
			return src, nil
		}
		src = e.src
	}
	return nil, fmt.Errorf("bundle: %s: the conditions on kernels do not come to an end", name)
}

// edit is one replacement in a file.
type edit struct {
	absent []string // names in package cpu
	src    []byte
	offset func(token.Pos) int
	done   bool
}

func (e *edit) replace(from, to token.Pos, with string) {
	if !e.done {
		rest := e.src[e.offset(to):]
		if with == "" {
			rest = bytes.TrimPrefix(rest, []byte("\n")) // no empty line where a statement was
		}
		e.src = slices.Concat(e.src[:e.offset(from)], []byte(with), rest)
		e.done = true
	}
}

func (e *edit) text(from, to token.Pos) string {
	return string(bytes.TrimSpace(e.src[e.offset(from):e.offset(to)]))
}

// statements decides the first statement of a list that can be; the list ends at end.
func (e *edit) statements(list []ast.Stmt, end token.Pos) {
	for i, s := range list {
		if e.done {
			return
		}
		switch s := s.(type) {
		case *ast.IfStmt:
			if s.Init != nil {
				continue
			}
			switch value, known := e.decide(s.Cond); {
			case known && value:
				to := s.End()
				if returns(s.Body.List) && i+1 < len(list) {
					to = list[len(list)-1].End()
				}
				e.replace(s.Pos(), to, e.text(s.Body.Lbrace+1, s.Body.Rbrace))
			case known && s.Else != nil:
				e.replace(s.Pos(), s.Else.Pos(), "")
			case known:
				e.replace(s.Pos(), s.End(), "")
			default:
				e.simplify(s.Cond)
			}
		case *ast.SwitchStmt:
			if s.Tag == nil && s.Init == nil {
				e.clauses(s)
			}
		}
	}
}

// clauses decides the first clause of a switch that can be.
func (e *edit) clauses(s *ast.SwitchStmt) {
	for i, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		if len(c.List) != 1 {
			continue
		}
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
	}
}

// simplify takes an operand that is decided out of a condition that is not.
func (e *edit) simplify(cond ast.Expr) {
	ast.Inspect(cond, func(n ast.Node) bool {
		if x, ok := n.(*ast.BinaryExpr); ok && !e.done {
			if _, known := e.decide(x.X); known {
				e.replace(x.Pos(), x.Y.Pos(), "")
			} else if _, known := e.decide(x.Y); known {
				e.replace(x.X.End(), x.End(), "")
			}
		}
		return !e.done
	})
}

// decide returns the value of a condition where those names are false, and whether that alone decides it.
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
		id, ok := x.X.(*ast.Ident)
		return false, ok && id.Name == "cpu" && slices.Contains(e.absent, x.Sel.Name)
	}
	return false, false
}

// returns tells whether a list ends in return.
func returns(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	_, ok := list[len(list)-1].(*ast.ReturnStmt)
	return ok
}
