package audit

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// mode is what a function computes.
type mode int

const (
	inference mode = iota
	evaluation
	training
)

// pass is the reading of one function, with its phases, for a number of examples.
type pass struct {
	*env
	graph   *graph
	mode    mode
	n       int
	mem     memory
	results map[*layer]*value
	fused   map[*layer]*layer // computed in the paragraph of another
	done    map[*layer]*group // paragraphs that are over
	halves  map[*layer]*group // those of norms that have computed the statistics of the batch alone so far
	grads   map[string]cover  // of parameters
	added   map[string]cover  // those that the statement reads, to add to them
	losses  map[string]int    // sums by output
	back    map[string]*group // gradient paragraphs by layer
	fn      *ast.FuncDecl
	inPhase bool // whether fn is a phase of the function
	cur     *group
	main    []result             // of calls
	saved   map[savedKey][]saved // what forward calls had for arguments
	at      token.Pos
	gradAct string              // of the product that is read
	first   bool                // whether the function was not read before
	scale   bool                // whether the word scale is that of the caller
	factor  float64             // of the call of a loss in the sum
	scaled  map[string]cover    // constants that losses read
	stream  *stream             // of State.Step
	ints8   map[*layer][]*value // of a package of integers: the forms of results
	headed  map[string]bool     // and the layers with a paragraph
	taken   map[string]bool     // and the arrays that were read
	known   map[string]bool     // what a gradient that leaves out steps has set
}

// group is a paragraph, or all of them under the same heading of a gradient.
type group struct {
	heading string // of a comment
	layer   *layer
	out     *output // of a loss
	kind    string  // forward, gradient, loss gradient, loss
	at      token.Pos
	layers  []*layer // the layer and those fused into it
	reads   map[*value]cover
	order   []*value // of reads
	params  map[string]cover
	funcs   map[string]token.Pos
	consts  map[float64]token.Pos
	acts    map[string]token.Pos
	writes  []write
	temps   map[*value]bool
	rounds  bool   // whether it rounds weights
	pooled  *layer // of the gradient of a ReLU: the max-pool behind it by whose result it goes, if so
}

// result is the first array that a call wrote.
type result struct {
	*value
	pos token.Pos
}

// write is a stretch that a statement wrote.
type write struct {
	region
	pos token.Pos
	fn  string // that wrote it
}

var headings = []struct {
	kind string
	re   *regexp.Regexp
}{
	{"loss gradient", regexp.MustCompile(`^gradient of (\S+) loss$`)},
	{"gradient", regexp.MustCompile(`^gradient of (\S+)$`)},
	{"loss", regexp.MustCompile(`^(\S+) loss(?:: .*)?$`)},
	{"forward", regexp.MustCompile(`^(\S+): `)},
}

// pass reads a function.
func (a *auditor) pass(p *pkg, name string, m mode, n int) { a.passOf(graphOf(a.net), p, name, m, n) }

// passOf is pass for a network that may be a part of that of the spec.
func (a *auditor) passOf(g *graph, p *pkg, name string, m mode, n int) {
	f := p.funcs[name]
	if f == nil || f.Body == nil {
		a.add(p.files[0].Pos(), "package %s has no function %s", p.name, name)
		return
	}
	q := a.newPass(p, m, n)
	q.graph = g
	q.begins(f)
	q.arguments(f)
	if a.ints {
		q.readHeadings(f)
	}
	q.run(f)
	q.endGroup()
	q.finish(f)
}

// newPass begins the reading of a function for a number of examples.
func (a *auditor) newPass(p *pkg, m mode, n int) *pass {
	return &pass{env: &env{auditor: a, pkg: p, ints: map[string]int{"c.n": n, "c.first": firstExample},
		slots: map[string]region{}, roots: map[string]string{}},
		graph: graphOf(a.net), mode: m, n: n, mem: memory{}, results: map[*layer]*value{},
		fused: map[*layer]*layer{}, done: map[*layer]*group{}, halves: map[*layer]*group{},
		grads: map[string]cover{}, added: map[string]cover{}, losses: map[string]int{}, back: map[string]*group{},
		scaled: map[string]cover{},
		saved:  map[savedKey][]saved{},
		ints8:  map[*layer][]*value{},
		headed: map[string]bool{}, taken: map[string]bool{}, known: map[string]bool{}}
}

// firstExample is a number that stands for that of the first example in its batch.
const firstExample = 7

// arguments binds the parameters of a function, and what phases find in t.piece.
func (p *pass) arguments(f *ast.FuncDecl) {
	inputs, outputs, targets := 0, 0, 0
	bind := func(name string, r region, v *value) {
		p.slots[name], p.slots["c."+name] = r, r
		if v != nil {
			v.at = r
			p.mem.write(r.array, 0, 1, r.len, r.len, v)
		}
	}
	unknown := p.n * 1 << 24 // of targets and weights: their widths are none of the network's
	for _, field := range f.Type.Params.List {
		for _, id := range field.Names {
			switch name := id.Name; {
			case name == "m":
				p.roots["m"] = "m"
			case name == "n":
				p.ints["n"] = p.n
			case name == "first":
				p.ints["first"] = firstExample
			case name == "scale":
				p.scale = true
			case name == "g":
				p.roots["g"] = "g"
			case name == "a":
				if s, ok := field.Type.(*ast.StarExpr); ok {
					p.roots["a"] = text(s.X)
				}
			case strings.HasPrefix(name, "weights"):
				bind(name, region{"weights." + name, 0, unknown, unknown}, &value{target: true})
			case strings.HasPrefix(name, "x") && inputs < len(p.graph.inputs):
				l := p.graph.inputs[inputs]
				inputs++
				v := &value{layer: l}
				p.fixed(field.Type, id, l.size)
				bind(name, region{"x." + l.name, 0, p.n * l.size, p.n * l.size}, v)
				p.results[l], p.ints8[l] = v, []*value{v}
			case strings.HasPrefix(name, "out") || p.mode == inference && (strings.HasPrefix(name, "y") || name == "h"):
				if outputs < len(p.graph.outputs) {
					o := p.graph.outputs[outputs]
					p.fixed(field.Type, id, o.layer.size)
					bind(name, region{"y." + o.name, 0, p.n * o.layer.size, p.n * o.layer.size}, nil)
				}
				outputs++
			case strings.HasPrefix(name, "y"):
				v := &value{target: true}
				if targets < len(p.graph.outputs) {
					v.of = &p.graph.outputs[targets]
				}
				targets++
				bind(name, region{"t." + name, 0, unknown, unknown}, v)
			}
		}
	}
	if p.mode == training {
		for name, typ := range fieldsOf(p.pkg.structs["Trainer"]) {
			if n, ok := p.length(typ); ok && strings.HasPrefix(name, "rowWeights") {
				bind("t."+name, region{"weights." + name, 0, n, n}, &value{target: true})
			}
		}
	}
	if inputs != len(p.graph.inputs) {
		p.add(f.Pos(), "%s takes %d inputs, but the network has %d", f.Name.Name, inputs, len(p.graph.inputs))
	}
	for field, t := range p.tensors {
		_ = field
		v := &value{param: t.name, at: region{"p." + t.name, 0, t.size, t.size}}
		p.mem.write(v.at.array, 0, 1, t.size, t.size, v)
	}
	for name, f := range p.fields {
		if f.size > 0 {
			v := &value{param: "m." + name, at: region{"m." + name, 0, f.size, f.size}}
			p.mem.write(v.at.array, 0, 1, f.size, f.size, v)
		}
	}
	if f.Recv != nil && len(f.Recv.List) == 1 && len(f.Recv.List[0].Names) == 1 && text(f.Recv.List[0].Type) == "*Model" {
		p.roots[f.Recv.List[0].Names[0].Name] = "m"
	}
}

// fixed checks the length of an argument that is an array of one example.
func (p *pass) fixed(typ ast.Expr, id *ast.Ident, size int) {
	if s, ok := typ.(*ast.StarExpr); ok {
		if n, ok := p.length(s.X); !ok || n != size {
			p.add(id.Pos(), "%s has %d numbers, want %d", id.Name, n, size)
		}
	}
}

// run reads the body of a function.
func (p *pass) run(f *ast.FuncDecl) {
	was := p.fn
	p.seen[f] = true
	p.fn = f
	for _, s := range f.Body.List {
		p.statement(s)
	}
	p.fn = was
}

// heading finds the paragraph of a statement.
func (p *pass) enter(at token.Pos) bool {
	notes := p.pkg.notes[p.fn]
	i, _ := slices.BinarySearchFunc(notes, at, func(c *ast.CommentGroup, at token.Pos) int {
		if c.Pos() < at {
			return -1
		}
		return 1
	})
	p.at = at
	if i == 0 {
		p.add(at, "a statement without a paragraph")
		return false
	}
	c := notes[i-1]
	words := strings.Join(strings.Fields(c.Text()), " ")
	for _, h := range headings {
		m := h.re.FindStringSubmatch(words)
		if m == nil {
			continue
		}
		if p.cur != nil && p.cur.heading == words && (h.kind != "forward" || p.cur.at == c.Pos()) {
			return true
		}
		p.endGroup()
		return p.begin(h.kind, m[1], words, c.Pos())
	}
	p.add(c.Pos(), "%q is no heading of a paragraph", words)
	return false
}

// begin begins a paragraph.
func (p *pass) begin(kind, name, words string, at token.Pos) bool {
	if kind == "gradient" && p.back[name] != nil {
		p.cur = p.back[name]
		return true
	}
	g := &group{heading: words, kind: kind, at: at, reads: map[*value]cover{}, params: map[string]cover{},
		funcs:  map[string]token.Pos{},
		consts: map[float64]token.Pos{}, acts: map[string]token.Pos{}, temps: map[*value]bool{}}
	if strings.Contains(kind, "loss") {
		for i := range p.graph.outputs {
			if p.graph.outputs[i].name == name {
				g.out = &p.graph.outputs[i]
			}
		}
		if g.out == nil {
			p.add(at, "%q is no output", name)
			return false
		}
		g.layer = g.out.scores
	} else if g.layer = p.graph.byName[name]; g.layer == nil {
		p.add(at, "%q is no layer of the spec", name)
		return false
	}
	if kind == "gradient" {
		p.back[name] = g
	}
	if h := p.halves[g.layer]; h != nil && kind == "forward" {
		delete(p.halves, g.layer)
		h.at, p.cur = at, h
		return true
	}
	g.layers = []*layer{g.layer}
	p.cur = g
	return true
}

func (p *pass) statement(s ast.Stmt) {
	if p.first {
		p.report.Statements++
	}
	if p.stream != nil && p.stepStatement(s) {
		return
	}
	if p.counted(s) {
		return
	}
	switch s := s.(type) {
	case *ast.ReturnStmt, *ast.EmptyStmt:
		return
	case *ast.DeclStmt:
		if text(s) == "const scale = 1" {
			p.scale = true
			return
		}
	case *ast.IfStmt:
		p.branch(s)
		return
	case *ast.AssignStmt:
		if p.assign(s) {
			return
		}
	case *ast.ExprStmt:
		if c, ok := s.X.(*ast.CallExpr); ok {
			if name(c) == "t.team.Run" && len(c.Args) == 3 {
				p.phase(c.Args[2])
				return
			}
			if p.enter(s.Pos()) {
				p.call(c, false)
			}
			return
		}
	}
	p.add(s.Pos(), "%s is no statement that is known here", text(s))
}

// phase reads a phase of the function.
func (p *pass) phase(x ast.Expr) {
	sel, ok := x.(*ast.SelectorExpr)
	if !ok || p.pkg.funcs[sel.Sel.Name] == nil || p.pkg.funcs[sel.Sel.Name].Body == nil {
		p.add(x.Pos(), "%s is no phase", text(x))
		return
	}
	if p.inPhase {
		p.add(x.Pos(), "%s runs within a phase", text(x))
		return
	}
	p.inPhase = true
	p.run(p.pkg.funcs[sel.Sel.Name])
	p.inPhase = false
}

// byLanes is when kernels made for gradients take the place of layers, and lanesCall what is returned then.
const (
	byLanes   = "n > 0 && cpu.HasSIMD() && !t.watch.On"
	lanesCall = "t.gradientLanes(n, x, y, weights, scale, g)"
)

// branch reads what one worker does alone, or a stretch of what all share out, as if there were one.
func (p *pass) branch(s *ast.IfStmt) {
	cond := text(s.Cond)
	switch {
	case cond == "n == 0" && s.Init == nil && text(s.Body) == "{\n\treturn\n}":
		return
	case strings.HasPrefix(cond, "s.Turn(") && s.Init == nil && s.Else == nil:
		for _, t := range s.Body.List {
			p.statement(t)
		}
		return
	case cond == "lo < hi" && s.Else == nil:
		if init, ok := s.Init.(*ast.AssignStmt); ok && p.share(init) {
			lo, hi := p.ints["lo"], p.ints["hi"]
			for _, t := range s.Body.List {
				p.statement(t)
			}
			p.ints["lo"], p.ints["hi"] = lo, hi
			return
		}
	}
	if cond == byLanes && s.Else == nil && s.Init == nil && len(s.Body.List) == 1 {
		if r, ok := s.Body.List[0].(*ast.ReturnStmt); ok && len(r.Results) == 1 && text(r.Results[0]) == lanesCall {
			return // kernels made for the network, which a test holds against what stands below
		}
	}
	p.add(s.Pos(), "if %s is not known here", cond)
}

// allShares stands for the number of workers.
const allShares = 1 << 20

// share binds lo and hi of lo, hi := s.Range(extent, least).
func (p *pass) share(s *ast.AssignStmt) bool {
	if len(s.Lhs) != 2 || len(s.Rhs) != 1 || text(s.Lhs[0]) != "lo" || text(s.Lhs[1]) != "hi" {
		return false
	}
	c, ok := s.Rhs[0].(*ast.CallExpr)
	if !ok || text(c.Fun) != "s.Range" || len(c.Args) != 2 {
		return false
	}
	n, err := p.int(c.Args[0])
	if err != nil {
		p.add(s.Pos(), "%v", err)
		return true
	}
	p.ints["lo"], p.ints["hi"], p.ints["s.Of"] = 0, n, allShares
	return true
}

// assign reads what binds names, and sums of losses.
func (p *pass) assign(s *ast.AssignStmt) bool {
	if p.share(s) {
		return true
	}
	if len(s.Lhs) != len(s.Rhs) {
		return false
	}
	for i, l := range s.Lhs {
		left, x := text(l), s.Rhs[i]
		if left == "sum" || left == "c.sum" {
			if c, ok := x.(*ast.CallExpr); ok && strings.HasPrefix(name(c), "loss.") {
				if p.factor = 1; p.enter(s.Pos()) {
					p.call(c, true)
				}
				continue
			}
			if b, ok := x.(*ast.BinaryExpr); ok {
				var err error
				if p.factor, err = p.float(b.X); err != nil || b.Op != token.MUL {
					return false
				}
				if c, ok := b.Y.(*ast.CallExpr); ok && strings.HasPrefix(name(c), "loss.") && p.enter(s.Pos()) {
					p.call(c, true)
					continue
				}
			}
			if text(x) == "t.piece.sum" {
				continue
			}
			return false
		}
		switch right := text(x); {
		case left == "t.piece":
			p.piece(x)
		case right == "t.piece.g" && left == "g":
			p.roots["g"] = "g"
		case right == "&t.piece":
			p.roots[left] = "c"
		case right == "&t.Weights":
			p.roots[left] = "p"
		case right == "c.scale" || right == "t.piece.scale":
			p.scale = left == "scale"
		case left == "count":
		case strings.HasPrefix(right, "&t."):
			typ := fieldsOf(p.pkg.structs["Trainer"])[strings.TrimPrefix(right, "&t.")]
			if typ == nil {
				return false
			}
			p.roots[left] = text(typ)
		default:
			if v, err := p.int(x); err == nil {
				p.ints[left] = v
				continue
			}
			r, err := p.region(x)
			if err != nil {
				p.add(s.Pos(), "%v", err)
				continue
			}
			p.slots[left] = r
		}
	}
	return true
}

// piece reads what the phases of a function get: each of its arguments under its own name.
func (p *pass) piece(x ast.Expr) {
	lit, ok := x.(*ast.CompositeLit)
	if !ok {
		p.add(x.Pos(), "%s is no piece", text(x))
		return
	}
	for _, el := range lit.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); !ok || text(kv.Key) != text(kv.Value) {
			p.add(el.Pos(), "the phases get %s", text(el))
		}
	}
}
