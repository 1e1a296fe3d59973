package audit

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// blockSteps is the number of steps that State.block is read for, fewer if there are no more.
const blockSteps = 3

// readBlock reads State.StepBlock, and State.block for some steps, the last that there may be; one is the reading of a
// single step.
func (a *auditor) readBlock(one *stream) {
	outer := a.model.funcs["State.StepBlock"]
	if outer == nil || outer.Body == nil {
		a.add(a.model.files[0].Pos(), "State has no method StepBlock")
		return
	}
	p := a.newPass(a.model, inference, min(blockSteps, one.steps))
	p.begins(outer)
	p.seen[outer] = true
	p.wholeSteps(outer, one)
	f := a.model.funcs["State.block"]
	if f == nil || f.Body == nil {
		return // each step by itself
	}
	s := &stream{state: map[string]*carried{}, steps: one.steps, counted: one.counted, block: true}
	p.graph, _ = a.stepGraph()
	p.stream = s
	p.carried(s)
	p.begins(f)
	p.roots["s"] = "State"
	p.ints["s.steps"] = s.steps - p.n // the last, which lie farthest
	p.arguments(f)
	p.run(f)
	p.endGroup()
	p.finish(f)
	p.endState(f)
	for name, c := range s.state {
		d := one.state[name]
		if c.layer != nil && d.layer != nil && (c.layer.name != d.layer.name || c.role != d.role) {
			p.add(f.Pos(), "%s of State is the %s of %s, but in Step the %s of %s", name, c.role, c.layer.name, d.role,
				d.layer.name)
		}
	}
}

// wholeSteps compares StepBlock with what it has to be: what it refuses, pieces of steps, each counted, and single
// steps.
func (p *pass) wholeSteps(f *ast.FuncDecl, one *stream) {
	var names, sizes []string // of inputs and outputs
	for _, field := range f.Type.Params.List[1:] {
		for _, id := range field.Names {
			names = append(names, id.Name)
		}
	}
	for _, field := range p.model.funcs["State.Step"].Type.Params.List[1:] {
		size := "?"
		if s, ok := field.Type.(*ast.StarExpr); ok {
			if t, ok := s.X.(*ast.ArrayType); ok && t.Len != nil {
				size = text(t.Len)
			}
		}
		sizes = append(sizes, slices.Repeat([]string{size}, len(field.Names))...)
	}
	if len(names) == 0 || len(names) != len(sizes) {
		p.add(f.Pos(), "StepBlock takes other inputs and outputs than Step")
		return
	}
	var lengths, single, piece, next []string
	for i, x := range names {
		lengths = append(lengths, fmt.Sprintf("len(%s) != n*%s", x, sizes[i]))
		single = append(single, fmt.Sprintf("(*[%s]float32)(%s[i*%s:])", sizes[i], x, sizes[i]))
		piece = append(piece, fmt.Sprintf("%s[:r*%s]", x, sizes[i]))
		next = append(next, fmt.Sprintf("%s = %s[r*%s:]", x, x, sizes[i]))
	}
	count := "s.steps = 1"
	if one.counted {
		count = "s.steps += int32(r)"
	}
	call := fmt.Sprintf("s.block(m, r, %s", strings.Join(piece, ", "))
	want := map[string]bool{ // whether it has to be there
		fmt.Sprintf("n := len(%s) / %s", names[0], sizes[0]): true, "a := blockspaces.Get().(*blockspace)": false,
		"blockspaces.Put(a)": false, "if m == nil || !m.ready": true, "if " + strings.Join(lengths, " || "): true,
		fmt.Sprintf("if n > %d-int(s.steps)", one.steps): one.counted,
	}
	want[fmt.Sprintf("s.Step(m, %s)", strings.Join(single, ", "))] = true
	blocks := p.model.funcs["State.block"] != nil
	for _, s := range append(next, "r := min(n, blockRows)", "n -= r", count) {
		want[s] = blocks
	}
	found := map[string]int{}
	flat := func(n ast.Node) string { return strings.Join(strings.Fields(text(n)), " ") }
	var read func(list []ast.Stmt)
	read = func(list []ast.Stmt) {
		for _, s := range list {
			p.report.Statements++
			what := strings.NewReplacer("( ", "(", ", )", ")").Replace(flat(s))
			switch s := s.(type) {
			case *ast.IfStmt:
				what = "if " + flat(s.Cond)
				if strings.HasPrefix(what, "if !lookup.InTable(") { // tokens: Step looks at each
					continue
				}
				if strings.HasPrefix(what, "if n >= ") {
					read(s.Body.List)
					continue
				}
				if len(s.Body.List) != 1 || !strings.HasPrefix(text(s.Body.List[0]), "panic(") {
					p.add(s.Pos(), "%s does not refuse what it looks for", what)
				}
			case *ast.ForStmt:
				if s.Init == nil && s.Post == nil && strings.HasPrefix(text(s.Cond), "n >= ") {
					read(s.Body.List)
					continue
				}
			case *ast.RangeStmt:
				if text(s.X) == "n" && s.Key != nil && text(s.Key) == "i" {
					read(s.Body.List)
					continue
				}
			case *ast.ExprStmt:
				if what == call+")" || what == call+", a)" {
					found[call]++
					continue
				}
			}
			if _, ok := want[what]; !ok {
				p.add(s.Pos(), "%s is no statement of StepBlock", what)
			}
			found[what]++
		}
	}
	read(f.Body.List)
	want[call] = blocks
	for _, what := range slices.Sorted(maps.Keys(want)) {
		if want[what] && found[what] != 1 || found[what] > 1 {
			p.add(f.Pos(), "StepBlock does %q %d times, want once", what, found[what])
		}
	}
}

// rolls binds the last inputs of a convolution over a block of steps, which it moves on, to its layer.
func (p *pass) rolls(c *ast.CallExpr, list []operand) {
	l := p.cur.layer
	if p.stream == nil || !p.stream.block || len(l.in) == 0 {
		p.add(c.Pos(), "%s is no block of a stream", text(c.Fun))
		return
	}
	n := 1 + (one(l.geometry["kernel_size"])-1)*one(l.geometry["dilation_rate"])
	for _, o := range list {
		if !o.update {
			continue
		}
		s := p.carry(c.Fun, o.region, "last")
		if s == nil {
			return
		}
		if row := l.in[0].size; s.size != n*row || o.region.len != s.size {
			p.add(o.at, "%s of State has %d numbers, but %s sees %d rows of %d", s.field, s.size, l.name, n, row)
		}
		s.shifted, s.appended = true, true
		return
	}
	if n > 1 {
		p.add(c.Pos(), "%s sees %d rows, but no field of State holds them", l.name, n)
	}
}

// cellBlock reads the call of a cell for a block of steps, its role arrays in order, y, h, c, x and a mask.
func (p *pass) cellBlock(c *ast.CallExpr, b *bound) (list []operand) {
	ints := map[string]int{}
	derive(ints, b.shape)
	roles := []string{"y", "h", "x", "mask"}
	if b.cell == "LSTM" {
		roles = []string{"y", "h", "c", "x", "mask"}
	}
	if len(c.Args) != len(roles)+2 || text(c.Args[0]) != "s.steps == 0" || text(c.Args[1]) != "n" {
		p.add(c.Pos(), "%s: the first arguments are to be s.steps == 0 and n, and %d follow", text(c), len(roles))
		return nil
	}
	sizes := map[string]int{"y": p.n * ints["U"], "h": ints["U"], "c": ints["U"], "x": p.n * b.shape["F"], "mask": p.n}
	l := p.cur.layer
	for i, role := range roles {
		x := c.Args[i+2]
		if role == "mask" && text(x) == "nil" {
			if len(l.in) > 1 {
				p.add(x.Pos(), "%s takes no mask", l.name)
			}
			continue
		}
		r, err := p.region(x)
		if err == nil && r.len != sizes[role] {
			err = fmt.Errorf("%d numbers, but %d are wanted", r.len, sizes[role])
		}
		if err != nil {
			p.add(x.Pos(), "%s: %v", text(x), err)
			continue
		}
		carried := role == "h" || role == "c"
		if carried {
			p.carry(x, r, role)
		}
		o := operand{role: role, write: carried || role == "y", update: carried, region: r, rows: 1, row: r.len,
			stride: r.len, at: x.Pos()}
		if role == "mask" {
			for _, v := range p.read(o) {
				if len(l.in) < 2 || v != p.resolve(l.in[1]) {
					p.add(x.Pos(), "%s takes %s for its mask", l.name, r)
				}
			}
		}
		list = append(list, o)
	}
	return list
}
