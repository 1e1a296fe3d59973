package audit

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"math"
	"strconv"
	"strings"
)

// text returns an expression as Go.
func text(n ast.Node) string {
	var b bytes.Buffer
	printer.Fprint(&b, token.NewFileSet(), n) // into memory
	return b.String()
}

// env is where the expressions of a function are evaluated.
type env struct {
	*auditor
	pkg   *pkg
	ints  map[string]int
	slots map[string]region // slices by name
	roots map[string]string // structs by variable: m, p, g, c, t, or the name of a workspace
}

// known are constants of the runtime.
var known = map[string]int{"lookup.None": -1}

// int evaluates an integer.
func (e *env) int(x ast.Expr) (int, error) {
	switch x := x.(type) {
	case *ast.BasicLit:
		if x.Kind == token.INT {
			return strconv.Atoi(x.Value)
		}
	case *ast.ParenExpr:
		return e.int(x.X)
	case *ast.Ident:
		if v, ok := e.ints[x.Name]; ok {
			return v, nil
		}
		if c := e.pkg.consts[x.Name]; c != nil {
			return e.constant(c)
		}
	case *ast.SelectorExpr:
		if v, ok := known[text(x)]; ok {
			return v, nil
		}
		if v, ok := e.ints[text(x)]; ok {
			return v, nil
		}
		if c := e.model.consts[x.Sel.Name]; c != nil && e.isModel(x.X) {
			return (&env{auditor: e.auditor, pkg: e.model}).constant(c)
		}
	case *ast.UnaryExpr:
		v, err := e.int(x.X)
		if x.Op == token.SUB {
			return -v, err
		}
	case *ast.CallExpr:
		if len(x.Args) == 1 && (text(x.Fun) == "uint32" || text(x.Fun) == "int") {
			return e.int(x.Args[0])
		}
	case *ast.BinaryExpr:
		l, err := e.int(x.X)
		if err != nil {
			return 0, err
		}
		r, err := e.int(x.Y)
		if err != nil {
			return 0, err
		}
		switch {
		case x.Op == token.ADD:
			return l + r, nil
		case x.Op == token.SUB:
			return l - r, nil
		case x.Op == token.MUL:
			return l * r, nil
		case x.Op == token.QUO && r != 0:
			return l / r, nil
		case x.Op == token.SHL && r >= 0 && r < 62:
			return l << r, nil
		}
	}
	return 0, fmt.Errorf("%s is no integer that is known here", text(x))
}

// constant evaluates what a constant is declared as.
func (e *env) constant(x ast.Expr) (int, error) {
	if e.open[x] {
		return 0, fmt.Errorf("the constant %s is declared by itself", text(x))
	}
	e.open[x] = true
	defer delete(e.open, x)
	return e.int(x)
}

// isModel tells whether a name is that of the inference package, in the training package: of that whose Weights a Trainer
// has, whatever the name of its folder, and by which name a file knows it.
func (e *env) isModel(name ast.Expr) bool {
	if e.model == e.pkg {
		return false
	}
	of, ok := fieldsOf(e.pkg.structs["Trainer"])["Weights"].(*ast.SelectorExpr)
	return ok && e.path(e.pkg, of.X) != "" && e.path(e.pkg, of.X) == e.path(e.pkg, name)
}

// float evaluates a constant.
func (e *env) float(x ast.Expr) (float64, error) {
	switch x := x.(type) {
	case *ast.BasicLit:
		return strconv.ParseFloat(x.Value, 64)
	case *ast.ParenExpr:
		return e.float(x.X)
	case *ast.UnaryExpr:
		v, err := e.float(x.X)
		if x.Op == token.SUB {
			v = -v
		}
		return v, err
	case *ast.BinaryExpr:
		l, err := e.float(x.X)
		if err != nil {
			return 0, err
		}
		r, err := e.float(x.Y)
		switch x.Op {
		case token.MUL:
			return l * r, err
		case token.QUO:
			return l / r, err
		}
	case *ast.SelectorExpr:
		if text(x) == "math.MaxFloat32" {
			return math.MaxFloat32, nil
		}
	}
	return 0, fmt.Errorf("%s is no constant", text(x))
}

// length returns the length of an array type.
func (e *env) length(x ast.Expr) (int, bool) {
	t, ok := x.(*ast.ArrayType)
	if !ok || t.Len == nil {
		return 0, false
	}
	n, err := e.int(t.Len)
	return n, err == nil
}

// region is a stretch of an array.
type region struct {
	array string
	from  int
	len   int
	cap   int // of the array
}

func (r region) String() string { return fmt.Sprintf("%s[%d:%d]", r.array, r.from, r.from+r.len) }

// array returns the array that an expression names.
func (e *env) array(x ast.Expr) (region, error) {
	if id, ok := x.(*ast.Ident); ok {
		if r, ok := e.slots[id.Name]; ok {
			return r, nil
		}
		return region{}, fmt.Errorf("%s is no array that is known here", id.Name)
	}
	name := text(x)
	if r, ok := e.slots[name]; ok {
		return r, nil
	}
	root, rest, _ := strings.Cut(name, ".")
	whole := func(array string, typ ast.Expr, p *pkg) (region, error) {
		n, ok := (&env{auditor: e.auditor, pkg: p}).length(typ)
		if !ok {
			return region{}, fmt.Errorf("%s is no array of constant length", name)
		}
		return region{array, 0, n, n}, nil
	}
	switch kind := e.roots[root]; kind {
	case "":
	case "m":
		if f := e.fields[rest]; f != nil && f.size > 0 {
			return region{"m." + rest, 0, f.size, f.size}, nil
		}
	case "p", "g":
		if t, ok := e.tensors[rest]; ok {
			return region{kind + "." + t.name, 0, t.size, t.size}, nil
		}
	case "c":
		if r, ok := e.slots["c."+rest]; ok {
			return r, nil
		}
	case "State":
		if typ := fieldsOf(e.pkg.structs[kind])[rest]; typ != nil {
			return whole("s."+rest, typ, e.pkg)
		}
	default: // a workspace
		if typ := fieldsOf(e.pkg.structs[kind])[rest]; typ != nil {
			return whole("a."+rest, typ, e.pkg)
		}
	}
	return region{}, fmt.Errorf("%s is no array that is known here", name)
}

// region evaluates a slice; nil is the zero region.
func (e *env) region(x ast.Expr) (region, error) {
	switch y := x.(type) {
	case *ast.Ident:
		if y.Name == "nil" {
			return region{}, nil
		}
	case *ast.CallExpr:
		if text(y.Fun) == "fit.Cut" && len(y.Args) == 3 {
			return e.cut(y.Args[0], y.Args[1], y.Args[2])
		}
	case *ast.SliceExpr:
		return e.cut(y.X, y.Low, y.High)
	}
	return e.array(x)
}

// cut evaluates array[from:to].
func (e *env) cut(x, from, to ast.Expr) (region, error) {
	var r region
	var err error
	if inner, ok := x.(*ast.SliceExpr); ok { // a[from:][:n]
		r, err = e.region(inner)
	} else {
		r, err = e.array(x)
	}
	if err != nil {
		return r, err
	}
	lo, hi := 0, r.len
	if from != nil {
		if lo, err = e.int(from); err != nil {
			return r, err
		}
	}
	if to != nil {
		if hi, err = e.int(to); err != nil {
			return r, err
		}
	}
	if err := e.shared(from, to); err != nil {
		return r, fmt.Errorf("%s: %w", text(x), err)
	}
	if lo < 0 || hi < lo || hi > r.len {
		return r, fmt.Errorf("%s[%d:%d] leaves its array of %d", text(x), lo, hi, r.len)
	}
	return region{r.array, r.from + lo, hi - lo, r.cap}, nil
}

// shared checks that the stretches that workers take, from lo to hi, lie side by side: both bounds are the same
// multiple of those, or the stretch is of columns that begin at lo.
func (e *env) shared(from, to ast.Expr) error {
	slope := func(x ast.Expr, name string) (int, error) {
		if x == nil {
			return 0, nil
		}
		old, ok := e.ints[name]
		if !ok {
			return 0, nil
		}
		defer func() { e.ints[name] = old }()
		at, err := e.int(x)
		if err != nil {
			return 0, err
		}
		e.ints[name] = old + 1
		next, err := e.int(x)
		return next - at, err
	}
	low, err := slope(from, "lo")
	if err != nil {
		return err
	}
	high, err := slope(to, "hi")
	if err != nil {
		return err
	}
	if low != high && !(low == 1 && high == 0) {
		return fmt.Errorf("workers take from %d·lo to %d·hi", low, high)
	}
	return nil
}

// literal evaluates the integers of a struct literal; flags are 0 or 1.
func (e *env) literal(x ast.Expr) (map[string]int, error) {
	pointed := func(x ast.Expr) ast.Expr {
		if u, ok := x.(*ast.UnaryExpr); ok && u.Op == token.AND {
			return u.X
		}
		return x
	}
	x = pointed(x)
	if id, ok := x.(*ast.Ident); ok {
		for _, p := range []*pkg{e.pkg, e.model} {
			if v := p.vars[id.Name]; v != nil {
				x = pointed(v)
				break
			}
		}
	}
	lit, ok := x.(*ast.CompositeLit)
	if !ok {
		return nil, fmt.Errorf("%s is no struct", text(x))
	}
	all := map[string]int{}
	for _, el := range lit.Elts {
		kv, ok := el.(*ast.KeyValueExpr)
		if !ok {
			return nil, fmt.Errorf("%s has no key", text(el))
		}
		switch v := text(kv.Value); v {
		case "true":
			all[text(kv.Key)] = 1
		case "false":
			all[text(kv.Key)] = 0
		default:
			n, err := e.int(kv.Value)
			if err != nil {
				if f, bad := e.float(kv.Value); bad == nil {
					all[text(kv.Key)+"#"] = int(f * 1e6)
					continue
				}
				return nil, err
			}
			all[text(kv.Key)] = n
		}
	}
	return all, nil
}
