package audit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// pkg is a parsed package.
type pkg struct {
	name    string
	files   []*ast.File
	consts  map[string]ast.Expr
	structs map[string]*ast.StructType
	vars    map[string]ast.Expr
	funcs   map[string]*ast.FuncDecl
	imports map[imported]string                   // paths
	notes   map[*ast.FuncDecl][]*ast.CommentGroup // comments in bodies, in order
}

// imported is a package as a file names it.
type imported struct{ file, name string }

// path returns the path of the package that a name stands for, where it is written; "" if it is none that is imported.
func (a *auditor) path(p *pkg, name ast.Expr) string {
	return p.imports[imported{a.set.Position(name.Pos()).Filename, text(name)}]
}

// parse reads the package in a folder; nil if there is none.
func (a *auditor) parse(files map[string][]byte, folder string) (*pkg, error) {
	p := &pkg{consts: map[string]ast.Expr{}, structs: map[string]*ast.StructType{}, vars: map[string]ast.Expr{},
		funcs: map[string]*ast.FuncDecl{},
		notes: map[*ast.FuncDecl][]*ast.CommentGroup{}, imports: map[imported]string{}}
	var names []string
	for name := range files {
		if path.Dir(name) == folder && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		f, err := parser.ParseFile(a.set, name, files[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.name = f.Name.Name
		p.files = append(p.files, f)
		for _, s := range f.Imports {
			if at, err := strconv.Unquote(s.Path.Value); err == nil {
				alias := path.Base(at)
				if s.Name != nil {
					alias = s.Name.Name
				}
				p.imports[imported{name, alias}] = at
			}
		}
		for _, d := range f.Decls {
			p.declare(f, d)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return p, nil
}

func (p *pkg) declare(f *ast.File, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		p.funcs[d.Name.Name], p.funcs[nameOf(d)] = d, d
		for _, c := range f.Comments {
			if d.Body != nil && c.Pos() > d.Body.Lbrace && c.End() < d.Body.Rbrace {
				p.notes[d] = append(p.notes[d], c)
			}
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if t, ok := s.Type.(*ast.StructType); ok {
					p.structs[s.Name.Name] = t
				}
			case *ast.ValueSpec:
				to := p.vars
				if d.Tok == token.CONST {
					to = p.consts
				}
				for i, id := range s.Names {
					if i < len(s.Values) {
						to[id.Name] = s.Values[i]
					}
				}
			}
		}
	}
}

// fieldsOf returns the fields of a struct with their types.
func fieldsOf(t *ast.StructType) map[string]ast.Expr {
	all := map[string]ast.Expr{}
	if t == nil {
		return all
	}
	for _, f := range t.Fields.List {
		for _, id := range f.Names {
			all[id.Name] = f.Type
		}
	}
	return all
}

// formats are the names that the runtime has for formats of 16 bits.
var formats = map[ir.DType]string{ir.Float16: "Float16", ir.BFloat16: "BFloat16"}

// tensor is a parameter as the package has it.
type tensor struct {
	index int // in the order of Tensors
	name  string
	size  int
	shape []int
}

// readTensors reads the method Tensors of Weights: fields of Params and Stats, and their names.
func (a *auditor) readTensors() error {
	f := a.model.funcs["Tensors"]
	if f == nil || f.Body == nil || len(f.Body.List) != 1 {
		return fmt.Errorf("%s has no method Tensors that returns a list", a.model.name)
	}
	r, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return fmt.Errorf("%s: Tensors does not return a list", a.set.Position(f.Pos()))
	}
	list, ok := r.Results[0].(*ast.CompositeLit)
	if !ok {
		return fmt.Errorf("%s: Tensors does not return a list", a.set.Position(f.Pos()))
	}
	a.seen[f] = true
	e := &env{auditor: a, pkg: a.model, ints: map[string]int{}}
	seen := map[string]bool{}
	for i, x := range list.Elts {
		lit, ok := x.(*ast.CompositeLit)
		if !ok {
			return fmt.Errorf("%s: no tensor", a.set.Position(x.Pos()))
		}
		t, err := a.readTensor(e, i, lit)
		if err != nil {
			return err
		}
		if seen[t.name] {
			a.add(x.Pos(), "tensor %q is there twice", t.name)
		}
		seen[t.name] = true
	}
	if a.ints {
		a.intTensors(f)
		return nil
	}
	a.compareTensors(f)
	return nil
}

// readTensor reads the literal of tensor number index, holds it against the array that it names, and keeps it.
func (a *auditor) readTensor(e *env, index int, lit *ast.CompositeLit) (tensor, error) {
	t := tensor{index: index, size: 1}
	field, format, kind := "", "", ""
	for _, kv := range lit.Elts {
		kv, ok := kv.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch text(kv.Key) {
		case "Name":
			t.name, _ = strconv.Unquote(text(kv.Value))
		case "Shape":
			extents, ok := kv.Value.(*ast.CompositeLit)
			if !ok {
				return t, fmt.Errorf("%s: the shape of a tensor is no list", a.set.Position(kv.Pos()))
			}
			for _, d := range extents.Elts {
				n, err := e.int(d)
				if err != nil {
					return t, err
				}
				t.shape, t.size = append(t.shape, n), t.size*n
			}
		case "Type":
			format = text(kv.Value)
		case "Int8", "Int32":
			kind = text(kv.Key)
			fallthrough
		case "Data":
			field = strings.TrimSuffix(strings.TrimPrefix(text(kv.Value), "w."), "[:]")
		}
	}
	var typ ast.Expr
	if name, ok := strings.CutPrefix(field, "Stats."); ok {
		typ = fieldsOf(a.model.structs["Stats"])[name]
	} else {
		typ = fieldsOf(a.model.structs["Params"])[field]
	}
	if n, ok := e.length(typ); !ok || n != t.size {
		a.add(lit.Pos(), "tensor %q of %d numbers is the array %s, which has %d", t.name, t.size, field, n)
	}
	want := map[string]string{"Int8": "safetensors.I8", "Int32": "safetensors.I32"}[kind]
	if kind != "" && (!a.ints || format != want) {
		a.add(lit.Pos(), "tensor %q of %s is stored as %q", t.name, kind, format)
	}
	if !a.ints {
		a.stored(lit.Pos(), t.name, format)
	}
	a.tensors[field] = t
	return t, nil
}

// compareTensors holds the tensors, which f lists, against the parameters of the network.
func (a *auditor) compareTensors(f *ast.FuncDecl) {
	for _, q := range a.net.Params {
		size, found := q.Size(), false
		for _, t := range a.tensors {
			if t.name == q.Name {
				found = true
				if t.size != size {
					a.add(f.Pos(), "tensor %q has %d numbers, but the layer has %d", q.Name, t.size, size)
				}
			}
		}
		if !found {
			a.add(f.Pos(), "the parameter %q of the spec is no tensor", q.Name)
		}
	}
	if len(a.net.Params) != len(a.tensors) {
		a.add(f.Pos(), "%d tensors, but the spec has %d parameters", len(a.tensors), len(a.net.Params))
	}
}

// stored checks the type in which a tensor is stored in weight files; none is float32.
func (a *auditor) stored(at token.Pos, name, format string) {
	for _, q := range a.net.Params {
		want := ""
		if f := formats[q.DType]; f != "" {
			want = "safetensors." + f
		}
		if q.Name == name && format != want {
			a.add(at, "tensor %q is stored as %q, want %q", name, format, want)
		}
	}
}

// field is a field of Model: an array, and the tensors that it is computed from, or what binds such arrays.
type field struct {
	size    int
	tensors []string
	role    string // w or b of a fold, in the place of the role of a tensor
	consts  []float64
	packed  packing // of a matrix of 8-bit integers
	layer   *bound  // of a gemm.Layer or a cell
	at      token.Pos
}

// bound is what a gemm.Layer or a cell was made of.
type bound struct {
	n, k  int
	shape map[string]int // of a cell
	cell  string
	args  []ast.Expr // arrays and epilogue
}
