package footprint

import (
	"fmt"
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// sizeof returns the bytes of a type of the package; 0 if there is none of that name.
func (p *pkg) sizeof(name string) int64 {
	d := p.decls[name]
	if d == nil {
		return 0
	}
	size, _ := p.size(d, d.node.(*ast.TypeSpec).Type)
	return size
}

// word is the size of a pointer.
const word = 8

// basic are the sizes of the types of the language.
var basic = map[string]int64{
	"bool": 1, "byte": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "float32": 4,
	"int64": 8, "uint64": 8, "float64": 8, "int": word, "uint": word, "uintptr": word, "string": 2 * word,
	"error": 2 * word, "any": 2 * word,
}

// size returns the bytes and the alignment of a type as it is written in a declaration.
func (p *pkg) size(at *decl, t ast.Expr) (size, align int64) {
	switch t := t.(type) {
	case *ast.Ident:
		if n, ok := basic[t.Name]; ok {
			return n, min(n, word)
		}
		if d := p.decls[t.Name]; d != nil {
			return p.size(d, d.node.(*ast.TypeSpec).Type)
		}
	case *ast.StarExpr, *ast.FuncType, *ast.MapType, *ast.ChanType:
		return word, word
	case *ast.InterfaceType:
		return 2 * word, word
	case *ast.ArrayType:
		if t.Len == nil {
			return 3 * word, word
		}
		size, align := p.size(at, t.Elt)
		return size * p.constant(at, t.Len), align
	case *ast.StructType:
		return p.structSize(at, t)
	case *ast.IndexExpr: // a generic type
		return p.size(at, t.X)
	case *ast.SelectorExpr:
		path := at.imports[t.X.(*ast.Ident).Name]
		if p.model != nil && path == p.model.path {
			return p.model.sizeof(t.Sel.Name), p.model.align(t.Sel.Name)
		}
		if dir, ok := strings.CutPrefix(path, p.runtime); ok {
			if c := p.copied(dir); c != nil && c.plain(t.Sel) {
				return c.sizeof(t.Sel.Name), c.align(t.Sel.Name)
			}
		}
		if n, ok := table().types[strings.Replace(path, p.runtime, ours, 1)+"."+t.Sel.Name]; ok {
			return int64(n), word
		}
	}
	panic(fmt.Sprintf("BUG: the size of a type %T %v is not known", t, t))
}

// copied returns a package of the runtime as a network has a copy of it, whose structs may have fewer fields than those
// of the whole runtime; nil if the network has none.
func (p *pkg) copied(dir string) *pkg {
	c, ok := p.copies[dir]
	if !ok {
		var err error
		if c, err = parse(p.network, "internal/"+dir, nil); err != nil {
			panic("BUG: a copy of the runtime is not Go: " + err.Error())
		}
		if len(c.decls) == 0 {
			c = nil
		}
		p.copies[dir] = c
	}
	return c
}

// plain tells whether the size of a type follows from the declarations of its package alone.
func (p *pkg) plain(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.Ident:
		if basic[t.Name] > 0 {
			return true
		}
		d := p.decls[t.Name]
		if d == nil {
			return false
		}
		s, ok := d.node.(*ast.TypeSpec)
		return ok && p.plain(s.Type)
	case *ast.StarExpr, *ast.FuncType, *ast.MapType, *ast.ChanType, *ast.InterfaceType:
		return true
	case *ast.ArrayType:
		return t.Len == nil
	case *ast.StructType:
		for _, f := range t.Fields.List {
			if !p.plain(f.Type) {
				return false
			}
		}
		return true
	}
	return false
}

// align returns the alignment of a type of the package.
func (p *pkg) align(name string) int64 {
	d := p.decls[name]
	_, align := p.size(d, d.node.(*ast.TypeSpec).Type)
	return align
}

func (p *pkg) structSize(at *decl, t *ast.StructType) (size, align int64) {
	align = 1
	for _, f := range t.Fields.List {
		n, a := p.size(at, f.Type)
		align = max(align, a)
		for range max(1, len(f.Names)) {
			size = roundUp(size, a) + n
		}
	}
	return roundUp(size, align), align
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// constant returns the value of a constant expression.
func (p *pkg) constant(at *decl, e ast.Expr) int64 {
	switch e := e.(type) {
	case *ast.BasicLit:
		if n, err := strconv.ParseInt(e.Value, 0, 64); err == nil {
			return n
		}
	case *ast.Ident:
		if d := p.decls[e.Name]; d != nil {
			s := d.node.(*ast.ValueSpec)
			for i, id := range s.Names {
				if id.Name == e.Name {
					return p.constant(d, s.Values[i])
				}
			}
		}
	case *ast.SelectorExpr:
		if p.model != nil {
			return p.model.constant(at, e.Sel)
		}
	case *ast.ParenExpr:
		return p.constant(at, e.X)
	case *ast.BinaryExpr:
		x, y := p.constant(at, e.X), p.constant(at, e.Y)
		switch e.Op {
		case token.MUL:
			return x * y
		case token.ADD:
			return x + y
		case token.SUB:
			return x - y
		}
	}
	panic(fmt.Sprintf("BUG: %T is no constant", e))
}
