package audit

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// source is what build takes a field from: tensors, or what was folded of them.
type source struct {
	size    int
	tensors []string
	role    string
	consts  []float64
}

// readBuild reads how a Model is made of the tensors.
func (a *auditor) readBuild() {
	for name, typ := range fieldsOf(a.model.structs["Model"]) {
		n, _ := (&env{auditor: a, pkg: a.model}).length(typ)
		a.fields[name] = &field{size: n, at: typ.Pos()}
	}
	f := a.model.funcs["build"]
	if f == nil || f.Body == nil {
		a.add(a.model.files[0].Pos(), "there is no function build")
		return
	}
	a.seen[f] = true
	a.report.Functions = append(a.report.Functions, a.model.name+".build")
	b := &builder{env: &env{auditor: a, pkg: a.model, ints: map[string]int{}, roots: map[string]string{"m": "m"}},
		locals: map[string]*source{}, used: map[string]bool{}, rows: map[string]string{}}
	for _, s := range f.Body.List {
		a.report.Statements++
		b.statement(s)
	}
	for _, t := range a.tensors {
		if !b.used[t.name] && !a.aside(t.name) {
			a.add(f.Pos(), "tensor %q does not reach the model", t.name)
		}
	}
}

// aside tells whether a parameter is none that a model reads: what an output decides by, the constants of a guard, and
// those that scale the targets of a loss.
func (a *auditor) aside(name string) bool {
	if a.ints && !slices.ContainsFunc(a.net.Params, func(p *ir.Param) bool { return p.Name == name }) {
		return false
	}
	for _, l := range a.net.Layers {
		for _, p := range l.Params {
			if p.Name == name { // training alone rounds within a range
				return ofTargets(name) || l.Def.Kind.Name == "fake_quant"
			}
		}
	}
	return true
}

type builder struct {
	*env
	locals map[string]*source
	used   map[string]bool
	rows   map[string]string // the array of weights that may stay in place, by what says where they are
}

func (b *builder) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return
	case *ast.AssignStmt:
		if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
			b.assign(s)
			return
		}
	case *ast.ExprStmt:
		if c, ok := s.X.(*ast.CallExpr); ok {
			if err := b.call(c); err != nil {
				b.add(s.Pos(), "%v", err)
			}
			return
		}
	}
	b.add(s.Pos(), "build: %s is no statement that is known here", text(s))
}

func (b *builder) assign(s *ast.AssignStmt) {
	left, c := text(s.Lhs[0]), s.Rhs[0]
	call, ok := c.(*ast.CallExpr)
	switch {
	case text(c) == "&Model{ready: true}", left == "m" && text(c) == "&room.m", left == "m.ready" && text(c) == "true",
		left == "room" && strings.HasPrefix(strings.Join(strings.Fields(text(c)), " "), "new(struct { _ [56]byte m Model })"):
		return
	case ok && text(call.Fun) == "make" && len(call.Args) == 2:
		n, err := b.int(call.Args[1])
		if err != nil {
			b.add(s.Pos(), "%v", err)
		}
		b.locals[left] = &source{size: n}
		return
	case ok && strings.HasPrefix(left, "m."):
		f := b.fields[strings.TrimPrefix(left, "m.")]
		fn := text(call.Fun)
		if f == nil {
			break
		}
		if fn == "gemm.NewHalfLayer" && len(call.Args) == 5 {
			b.format(call.Args[0])
			call = &ast.CallExpr{Fun: call.Fun, Args: call.Args[1:]}
			fn = "gemm.NewLayer"
		}
		if rows, ok := strings.CutSuffix(fn, ".Layer"); ok && len(call.Args) == 4 {
			if b.rows[rows] == "" || b.rows[rows] != text(call.Args[2]) {
				b.add(s.Pos(), "build: %s says where %q is, but the layer takes %s", rows, b.rows[rows], text(call.Args[2]))
			}
			fn = "gemm.NewLayer"
		}
		if fn == "gemm.NewLayer" && len(call.Args) == 4 {
			n, err1 := b.int(call.Args[0])
			k, err2 := b.int(call.Args[1])
			if err1 != nil || err2 != nil {
				break
			}
			f.layer = &bound{n: n, k: k, args: call.Args[2:]}
			return
		}
		if cell, ok := strings.CutPrefix(fn, "rnn.New"); ok && len(call.Args) == 4 {
			shape, err := b.literal(call.Args[0])
			if err != nil {
				break
			}
			f.layer = &bound{shape: shape, cell: strings.TrimSuffix(cell, "Cell"), args: call.Args[1:]}
			return
		}
	case strings.HasPrefix(left, "m."): // a number
		if src := b.source(s.Rhs[0]); src != nil {
			return
		}
		if x, ok := s.Rhs[0].(*ast.IndexExpr); ok && b.source(x.X) != nil {
			return
		}
	}
	b.add(s.Pos(), "build: %s is no statement that is known here", text(s))
}

// source returns what an expression of build reads: w[i].Data or a local; nil if it is none.
func (b *builder) source(x ast.Expr) *source {
	if id, ok := x.(*ast.Ident); ok {
		return b.locals[id.Name]
	}
	var tensor ast.Expr
	switch x := x.(type) {
	case *ast.SelectorExpr:
		if n := x.Sel.Name; n == "Data" || b.auditor.ints && (n == "Int8" || n == "Int32") {
			tensor = x.X
		}
	case *ast.CallExpr: // safetensors.Floats(&w[i]), or Halves
		fn := name(x)
		if len(x.Args) != 1 || fn != "safetensors.Floats" && fn != "safetensors.Halves" {
			return nil
		}
		if u, ok := x.Args[0].(*ast.UnaryExpr); ok && u.Op == token.AND {
			tensor = u.X
		}
	}
	index, ok := tensor.(*ast.IndexExpr)
	if !ok || text(index.X) != "w" {
		return nil
	}
	i, err := b.int(index.Index)
	if err != nil {
		return nil
	}
	for _, t := range b.tensors {
		if t.index == i {
			b.used[t.name] = true
			return &source{size: t.size, tensors: []string{t.name}}
		}
	}
	return nil
}

// target returns the field that an expression m.f[:] names.
func (b *builder) target(x ast.Expr) (*field, error) {
	s, ok := x.(*ast.SliceExpr)
	if !ok || s.Low != nil || s.High != nil {
		return nil, fmt.Errorf("build: %s is no whole field", text(x))
	}
	f := b.fields[strings.TrimPrefix(text(s.X), "m.")]
	if f == nil || f.size == 0 {
		return nil, fmt.Errorf("build: %s is no array of Model", text(s.X))
	}
	return f, nil
}

// fill makes a field of a source.
func (b *builder) fill(at token.Pos, x ast.Expr, s *source, size int) error {
	f, err := b.target(x)
	if err != nil {
		return err
	}
	if s == nil {
		return fmt.Errorf("build: %s is filled from what is no tensor", text(x))
	}
	if f.tensors != nil {
		b.add(at, "build: %s is filled twice", text(x))
	}
	if size >= 0 && f.size != size {
		b.add(at, "build: %s has %d numbers, but %d are wanted", text(x), f.size, size)
	}
	f.tensors, f.role, f.consts = s.tensors, s.role, s.consts
	return nil
}

func (b *builder) call(c *ast.CallExpr) error {
	args := c.Args
	switch name := text(c.Fun); {
	case name == "copy" && len(args) == 2:
		s := b.source(args[1])
		if s == nil {
			return fmt.Errorf("build: %s is no tensor", text(args[1]))
		}
		return b.fill(c.Pos(), args[0], s, s.size)
	case (name == "gemm.Pack" || name == "gemm.PackHalf") && len(args) == 5:
		k, err1 := b.int(args[0])
		n, err2 := b.int(args[1])
		ld, err3 := b.int(args[3])
		s := b.source(args[2])
		if err1 != nil || err2 != nil || err3 != nil || s == nil {
			return fmt.Errorf("build: %s is not known here", text(c))
		}
		if k*n != s.size || ld != n || len(s.tensors) == 1 && !b.lastAxis(s.tensors[0], n) {
			b.add(c.Pos(), "build: a matrix of %d×%d, stride %d, is packed of %q, whose shape is %v", k, n, ld,
				s.tensors, b.shapeOf(s.tensors))
		}
		return b.fill(c.Pos(), args[4], s, k*panels(n))
	case strings.HasSuffix(name, "Rows.Set") && len(args) == 5 && text(args[4]) == "stay":
		k, err1 := b.int(args[0])
		n, err2 := b.int(args[1])
		s := b.source(args[2])
		field := strings.TrimPrefix(strings.TrimSuffix(name, ".Set"), "m.")
		if err1 != nil || err2 != nil || s == nil || b.fields[field] == nil {
			return fmt.Errorf("build: %s is not known here", text(c))
		}
		b.rows[strings.TrimSuffix(name, ".Set")] = text(args[3])
		if k*n != s.size || len(s.tensors) == 1 && !b.lastAxis(s.tensors[0], n) {
			b.add(c.Pos(), "build: a matrix of %d×%d is packed of %q, whose shape is %v", k, n, s.tensors, b.shapeOf(s.tensors))
		}
		return b.fill(c.Pos(), args[3], s, k*panels(n))
	case name == "quant.Pack" && b.auditor.ints && len(args) == 5:
		runs, err1 := b.int(args[0])
		k, err2 := b.int(args[1])
		n, err3 := b.int(args[2])
		s := b.source(args[3])
		if err1 != nil || err2 != nil || err3 != nil || s == nil {
			return fmt.Errorf("build: %s is not known here", text(c))
		}
		if runs*k*n != s.size || len(s.tensors) == 1 && !b.lastAxis(s.tensors[0], n) {
			b.add(c.Pos(), "build: %d runs of %d×%d are packed of %q, whose shape is %v", runs, k, n, s.tensors,
				b.shapeOf(s.tensors))
		}
		if f, err := b.target(args[4]); err == nil {
			f.packed = packing{runs, k, n}
		}
		return b.fill(c.Pos(), args[4], s, packedLen(runs, k, n))
	case name == "conv.Pack" && len(args) == 3:
		g, err := b.literal(args[0])
		s := b.source(args[1])
		if err != nil || s == nil {
			return fmt.Errorf("build: %s is not known here", text(c))
		}
		sizes := map[string]int{}
		derive(sizes, g)
		if sizes["WT"] != s.size {
			b.add(c.Pos(), "build: a filter of %d numbers is packed of %d", sizes["WT"], s.size)
		}
		return b.fill(c.Pos(), args[2], s, sizes["PACKED"])
	case strings.HasPrefix(name, "norm.Fold") && len(args) >= 11:
		return b.fold(c)
	}
	return fmt.Errorf("build: %s is no call that is known here", text(c.Fun))
}

// fold reads norm.Fold(k, n, w, b, kernel, bias, gamma, beta, mean, var, eps), and with groups before eps or so.
func (b *builder) fold(c *ast.CallExpr) error {
	args := c.Args
	at := len(args) - 7 // of the kernel
	all := []string{}
	for i, role := range []string{"kernel", "bias", "gamma", "beta", "mean", "var"} {
		x := args[at+i]
		if text(x) == "nil" && role == "bias" {
			continue
		}
		s := b.source(x)
		if s == nil || len(s.tensors) != 1 {
			return fmt.Errorf("build: %s is no tensor", text(x))
		}
		if got := roleOf(s.tensors[0]); got != role && !(role == "kernel" && strings.HasSuffix(got, "kernel")) {
			b.add(x.Pos(), "build: norm.Fold takes %q for the %s", s.tensors[0], role)
		}
		all = append(all, s.tensors[0])
	}
	eps, err := b.float(args[len(args)-1])
	if err != nil {
		return err
	}
	w := &source{tensors: all, role: "kernel", consts: []float64{eps}}
	bias := &source{tensors: all, role: "bias", consts: []float64{eps}}
	if err := b.fill(c.Pos(), args[at-1], bias, -1); err != nil {
		return err
	}
	if id, ok := args[at-2].(*ast.Ident); ok && b.locals[id.Name] != nil {
		w.size = b.locals[id.Name].size
		k, err1 := b.int(args[0])
		n, err2 := b.int(args[1])
		if err1 != nil || err2 != nil || name(c) == "norm.Fold" && k*n != w.size {
			b.add(c.Pos(), "build: norm.Fold of %d×%d fills %d numbers", k, n, w.size)
		}
		if t := b.sizeOf(all[0]); t != w.size {
			b.add(c.Pos(), "build: %q has %d numbers, but %d are folded", all[0], t, w.size)
		}
		b.locals[id.Name] = w
		return nil
	}
	return b.fill(c.Pos(), args[at-2], w, b.sizeOf(all[0]))
}

func name(c *ast.CallExpr) string { return text(c.Fun) }

// roleOf returns the part of a tensor's name behind that of its layer.
func roleOf(tensor string) string { return tensor[strings.LastIndexByte(tensor, '.')+1:] }

func (a *auditor) shapeOf(names []string) []int {
	for _, t := range a.tensors {
		if len(names) == 1 && t.name == names[0] {
			return t.shape
		}
	}
	return nil
}

func (a *auditor) sizeOf(name string) int {
	for _, t := range a.tensors {
		if t.name == name {
			return t.size
		}
	}
	return 0
}

// lastAxis tells whether a tensor has n columns, or is none of a matrix.
func (a *auditor) lastAxis(name string, n int) bool {
	shape := a.shapeOf([]string{name})
	return len(shape) == 0 || shape[len(shape)-1] == n
}
