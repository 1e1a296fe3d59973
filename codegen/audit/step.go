package audit

import (
	"fmt"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// recurrent are the kinds that carry a state from step to step.
var recurrent = map[string]bool{"lstm": true, "gru": true, "simple_rnn": true}

// stream is what State.Step is held against: the network for one step of its sequence.
type stream struct {
	state   map[string]*carried // by field of State
	steps   int                 // of a sequence
	counted bool                // whether a layer has numbers for each step
	advance int                 // statements that count the step
	block   bool                // whether it is that of State.block
	limited bool                // whether a further step than the last is refused
}

// carried is a field of State: what a layer remembers, by its role there, h, c, last, keys, values or kept.
type carried struct {
	field, role string
	size        int
	layer       *layer
	shifted     bool // rows have moved up by one
	appended    bool // the step is the last row
}

// stepGraph is the network for one step: layers whose result is a sequence have one step of it. A sequence is an input
// of rows, or of one number a step if an embedding or a mask reads it, and what is computed of one but by a recurrent
// layer that gives its last state.
func (a *auditor) stepGraph() (*graph, int) {
	g := graphOf(a.net)
	whole := map[string]bool{} // recurrent layers that give all steps
	for _, l := range a.net.Layers {
		for _, v := range l.Node.Attrs {
			if all, ok := v.V.(bool); ok && v.Name == "return_sequences" {
				whole[l.Name] = all
			}
		}
	}
	steps, sequence := 0, map[*layer]bool{}
	for _, l := range g.layers {
		switch {
		case len(l.in) == 0:
			sequence[l] = len(l.shape) > 1 || slices.ContainsFunc(l.out, func(o *layer) bool {
				return o.kind == "embedding" || o.kind == "padding_mask" ||
					(recurrent[o.kind] || o.kind == "multi_head_attention") && o.in[0] != l
			})
		case recurrent[l.kind]:
			sequence[l] = whole[l.name]
		case l.kind == "cropping1d" && l.shape[0] == 1 && sequence[l.in[0]]: // the last step, which is the one at hand
			l.kind = "linear"
		default:
			sequence[l] = slices.ContainsFunc(l.in, func(in *layer) bool { return sequence[in] })
		}
		if sequence[l] && len(l.in) == 0 {
			steps = l.shape[0]
		}
	}
	for _, l := range g.layers {
		if sequence[l] && steps > 0 {
			l.size /= steps
			l.shape = append([]int{1}, l.shape[1:]...)
		}
	}
	return g, steps
}

// readStep reads State, its method Step and the list of its arrays; there are none in packages without a stream.
func (a *auditor) readStep() {
	f := a.model.funcs["State.Step"]
	if f == nil || f.Body == nil {
		return
	}
	p := a.newPass(a.model, inference, 1)
	s := &stream{state: map[string]*carried{}}
	if p.graph, s.steps = a.stepGraph(); s.steps < 1 {
		a.add(f.Pos(), "there is a Step, but the network has no sequence")
		return
	}
	s.counted = p.counts(s.steps)
	p.stream = s
	p.carried(s)
	p.begins(f)
	p.roots["s"] = "State"
	p.ints["s.steps"] = s.steps - 1 // the last, which lies farthest
	p.arguments(f)
	p.run(f)
	p.endGroup()
	p.finish(f)
	p.endStep(f)
	a.readState(s)
	a.readBlock(s)
}

// counts tells whether a layer has numbers for each of so many steps.
func (p *pass) counts(steps int) bool {
	return slices.ContainsFunc(p.graph.layers, func(l *layer) bool {
		if l.kind == "positional_encoding" || l.kind == "multi_head_attention" {
			return true
		}
		return preprocessing[l.kind] && slices.ContainsFunc(l.params, func(t string) bool {
			return p.graph.params[t] == steps*l.size && steps > 1 && !p.alikeFor(steps, []string{t})
		})
	})
}

// preprocessing are the kinds with constants for each number of an input.
var preprocessing = map[string]bool{"rescale": true, "standardize": true, "min_max": true}

// ofSteps tells whether a layer has a row for each step in a parameter of some size.
func (p *pass) ofSteps(l *layer, size int) bool {
	return l.kind == "positional_encoding" || preprocessing[l.kind] && size == p.stream.steps*l.size
}

// alike tells whether parameters hold the same constants for each step.
func (p *pass) alike(names []string) bool { return p.alikeFor(p.stream.steps, names) }

func (p *pass) alikeFor(steps int, names []string) bool {
	for _, q := range p.net.Params {
		if slices.Contains(names, q.Name) && !q.Alike(steps) {
			return false
		}
	}
	return true
}

// carried puts the fields of State in place.
func (p *pass) carried(s *stream) {
	for name, typ := range fieldsOf(p.model.structs["State"]) {
		if n, ok := p.length(typ); ok {
			s.state[name] = &carried{field: name, size: n}
			v := &value{carried: s.state[name], at: region{"s." + name, 0, n, n}}
			p.mem.write(v.at.array, 0, 1, n, n, v)
		}
	}
}

// begins notes that a function is read, the first time.
func (p *pass) begins(f *ast.FuncDecl) {
	if !p.seen[f] {
		p.seen[f], p.first = true, true
		p.report.Functions = append(p.report.Functions, p.pkg.name+"."+nameOf(f))
	}
}

// stepStatement reads a statement that only a Step has; false if it is none.
func (p *pass) stepStatement(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.DeclStmt:
		if text(s) == "var a stepspace" {
			p.roots["a"] = "stepspace"
			return true
		}
	case *ast.IncDecStmt:
		return p.count(text(s), "s.steps++", true)
	case *ast.AssignStmt:
		return p.count(text(s), "s.steps = 1", false)
	case *ast.IfStmt:
		return s.Init == nil && s.Else == nil && (p.refusal(s) || p.masked(s))
	case *ast.ExprStmt:
		if c, ok := s.X.(*ast.CallExpr); ok && name(c) == "copy" && len(c.Args) == 2 {
			if p.enter(s.Pos()) {
				p.shift(c)
			}
			return true
		}
	}
	return false
}

// count reads the statement that counts the step: each of them where a layer has numbers for each step, else that there
// was one.
func (p *pass) count(got, want string, counted bool) bool {
	if got != want {
		return false
	}
	if p.stream.advance++; counted != p.stream.counted {
		p.add(p.fn.Pos(), "%s counts each step: %t, want %t", nameOf(p.fn), counted, p.stream.counted)
	}
	return true
}

// refusal reads what Step refuses: a zero model, tokens in no table, a step behind the last.
func (p *pass) refusal(s *ast.IfStmt) bool {
	if len(s.Body.List) != 1 || !strings.HasPrefix(text(s.Body.List[0]), "panic(") {
		return false
	}
	cond := text(s.Cond)
	if cond == "m == nil || !m.ready" {
		return true
	}
	if last, ok := strings.CutPrefix(cond, "s.steps == "); ok {
		if n, err := strconv.Atoi(last); err != nil || n != p.stream.steps {
			p.add(s.Pos(), "Step ends behind step %s, want %d", last, p.stream.steps)
		}
		p.stream.limited = true
		return true
	}
	not, ok := s.Cond.(*ast.UnaryExpr)
	if !ok {
		return false
	}
	c, ok := not.X.(*ast.CallExpr)
	if !ok || name(c) != "lookup.InTable" || len(c.Args) != 2 {
		return false
	}
	p.table(c)
	return true
}

// table checks that tokens are compared with the rows of a table that they are looked up in.
func (p *pass) table(c *ast.CallExpr) {
	r, err := p.region(c.Args[0])
	if err != nil {
		p.add(c.Pos(), "%v", err)
		return
	}
	rows, err := p.int(c.Args[1])
	for _, l := range p.graph.layers {
		if l.kind != "embedding" || len(l.in) != 1 || "x."+l.in[0].name != r.array {
			continue
		}
		if shape := p.shapeOf(l.params); err == nil && len(shape) > 0 && shape[0] == rows && r.len == l.in[0].size {
			return
		}
	}
	p.add(c.Pos(), "%s: no embedding looks so many tokens up in a table of %s rows", text(c), text(c.Args[1]))
}

var maskCondition = regexp.MustCompile(`^(\S+)\[0\] > 0\.5$`)

// masked reads a step that is only taken where the mask is 1.
func (p *pass) masked(s *ast.IfStmt) bool {
	b, ok := s.Cond.(*ast.BinaryExpr)
	if !ok || !maskCondition.MatchString(text(s.Cond)) || len(s.Body.List) != 1 {
		return false
	}
	index, ok := b.X.(*ast.IndexExpr)
	if !ok {
		return false
	}
	if !p.enter(s.Pos()) {
		return true
	}
	r, err := p.array(index.X)
	if err != nil {
		p.add(s.Pos(), "%v", err)
		return true
	}
	mask := operand{role: "mask", region: region{r.array, r.from, 1, r.cap}, rows: 1, row: 1, stride: 1, at: s.Pos()}
	l := p.cur.layer
	for _, v := range p.read(mask) {
		if !recurrent[l.kind] || len(l.in) < 2 || v != p.resolve(l.in[1]) {
			p.add(s.Pos(), "%s takes %s for its mask", l.name, mask.region)
		}
	}
	p.statement(s.Body.List[0])
	return true
}

// cell reads the call of a cell for one step, its role arrays in order, h, c and x.
func (p *pass) cell(c *ast.CallExpr, b *bound) (list []operand) {
	ints := map[string]int{}
	derive(ints, b.shape)
	roles := []string{"h", "x"}
	if b.cell == "LSTM" {
		roles = []string{"h", "c", "x"}
	}
	if len(c.Args) != len(roles)+1 || text(c.Args[0]) != "s.steps == 0" {
		p.add(c.Pos(), "%s: the first argument is to tell the first step, s.steps == 0, and %d follow", text(c), len(roles))
		return nil
	}
	sizes := map[string]int{"h": ints["U"], "c": ints["U"], "x": b.shape["F"]}
	for i, role := range roles {
		x := c.Args[i+1]
		r, err := p.region(x)
		if err == nil && r.len != sizes[role] {
			err = fmt.Errorf("%d numbers, but %d are wanted", r.len, sizes[role])
		}
		if err != nil {
			p.add(x.Pos(), "%s: %v", text(x), err)
			continue
		}
		carried := role != "x"
		if carried {
			p.carry(x, r, role)
		}
		list = append(list, operand{role: role, write: carried, update: carried, region: r, rows: 1, row: r.len,
			stride: r.len, at: x.Pos()})
	}
	return list
}

// carry binds a whole field of State to the layer of the paragraph.
func (p *pass) carry(x ast.Expr, r region, role string) *carried {
	c := p.stream.state[strings.TrimPrefix(r.array, "s.")]
	l := p.cur.layer
	switch {
	case c == nil || !strings.HasPrefix(r.array, "s."):
		p.add(x.Pos(), "%s is no field of State", text(x))
		return nil
	case c.layer != nil && (c.layer != l || c.role != role):
		p.add(x.Pos(), "%s is the %s of %s, but %s takes it for its %s", text(x), c.role, c.layer.name, l.name, role)
	case r.from != 0 && role != "last" || r.len != c.size && role != "last":
		p.add(x.Pos(), "%s is not all of its field of State", text(x))
	}
	c.layer, c.role = l, role
	return c
}

// attends binds what a step of attention remembers to its layer.
func (p *pass) attends(c *ast.CallExpr, list []operand) {
	if p.stream == nil {
		p.add(c.Pos(), "%s is no step of a stream", text(c.Fun))
		return
	}
	for _, o := range list {
		if o.update {
			p.carry(c.Fun, o.region, o.role)
			if steps := o.region.len / p.stream.steps; steps*p.stream.steps != o.region.len {
				p.add(o.at, "%s has no room for %d steps", o.region, p.stream.steps)
			}
		}
	}
}

// shift reads what makes room in the last rows that a convolution sees, and puts the step behind them:
//
//	copy(s.l[:], s.l[F:])
//	copy(s.l[(K-1)*F:], x[:])
func (p *pass) shift(c *ast.CallExpr) {
	to, err1 := p.region(c.Args[0])
	from, err2 := p.region(c.Args[1])
	l := p.cur.layer
	if err1 != nil || err2 != nil || len(l.in) == 0 {
		p.add(c.Pos(), "%s is not known here", text(c))
		return
	}
	s := p.carry(c.Args[0], to, "last")
	if s == nil {
		return
	}
	row := l.in[0].size
	if n := 1 + (one(l.geometry["kernel_size"])-1)*one(l.geometry["dilation_rate"]); s.size != n*row {
		p.add(c.Pos(), "%s of State has %d numbers, but %s sees %d rows of %d", s.field, s.size, l.name, n, row)
	}
	if from.array == to.array {
		if to.from != 0 || from.from != row || from.len != s.size-row || s.shifted || s.appended {
			p.add(c.Pos(), "%s does not move the rows of %d up by one", text(c), row)
		}
		s.shifted = true
		return
	}
	if to.from != s.size-row || to.len != row || from.len != row || !s.shifted && s.size > row || s.appended {
		p.add(c.Pos(), "%s does not put a step of %d numbers behind the others", text(c), row)
	}
	s.appended = true
	p.mem.read(from.array, from.from, from.from+from.len, func(g segment) {
		p.mem.write(to.array, to.from, 1, to.len, to.len, g.v)
	})
}

// one is the first of an attribute's numbers, 1 for none.
func one(v []int) int {
	if len(v) == 0 {
		return 1
	}
	return v[0]
}

// stepWindow checks that a convolution sees the last rows of State and computes one step of them, without padding.
func (p *pass) stepWindow(x ast.Expr, s map[string]int) {
	if _, attends := s["Heads"]; p.stream == nil || attends {
		return
	}
	for what, want := range map[string]int{"PT": 0, "PL": 0, "OH": 1, "OW": 1, "H": 1} {
		if s[what] != want {
			p.add(x.Pos(), "%s: %s is %d, want %d for one step", text(x), what, s[what], want)
		}
	}
}

// endStep checks what a step leaves: each field of State with what its layer has in it, and a counted step.
func (p *pass) endStep(f *ast.FuncDecl) {
	s := p.stream
	if s.advance != 1 {
		p.add(f.Pos(), "Step counts its step %d times, want once", s.advance)
	}
	if s.counted != s.limited {
		p.add(f.Pos(), "Step refuses a step behind the last: %t, want %t", s.limited, s.counted)
	}
	p.endState(f)
}

// endState checks that each field of State is used, and moved on.
func (p *pass) endState(f *ast.FuncDecl) {
	s := p.stream
	for _, name := range slices.Sorted(maps.Keys(s.state)) {
		c := s.state[name]
		switch {
		case c.layer == nil:
			p.add(f.Pos(), "%s does not use %s of State", f.Name.Name, name)
		case c.role == "last" && (!c.appended || !c.shifted && c.size > c.layer.in[0].size):
			p.add(f.Pos(), "%s does not move on the rows in %s of State", f.Name.Name, name)
		}
	}
}

// readState reads the list of the arrays of State, which are saved: all of them, each under the name of its layer.
func (a *auditor) readState(s *stream) {
	f := a.model.funcs["State.tensors"]
	if f == nil || f.Body == nil || len(f.Body.List) != 1 {
		a.add(a.model.files[0].Pos(), "State has no method tensors that returns a list")
		return
	}
	a.seen[f] = true
	a.report.Functions = append(a.report.Functions, a.model.name+"."+nameOf(f))
	listed := map[string]bool{}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || lit.Type != nil {
			return true
		}
		all := map[string]string{}
		for _, el := range lit.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				all[text(kv.Key)] = text(kv.Value)
			}
		}
		if all["Name"] == `"steps"` && all["Data"] == "steps[:]" {
			return false
		}
		field := strings.TrimSuffix(strings.TrimPrefix(all["Data"], "s."), "[:]")
		c := s.state[field]
		if c == nil || listed[field] {
			a.add(lit.Pos(), "%s is no field of State, or listed twice", all["Data"])
			return false
		}
		listed[field] = true
		if c.layer != nil && all["Name"] != strconv.Quote(c.layer.name+"."+c.role) {
			a.add(lit.Pos(), "%s is listed as %s, but is the %s of %s", field, all["Name"], c.role, c.layer.name)
		}
		return false
	})
	for _, name := range slices.Sorted(maps.Keys(s.state)) {
		if !listed[name] {
			a.add(f.Pos(), "%s of State is not listed", name)
		}
	}
}
