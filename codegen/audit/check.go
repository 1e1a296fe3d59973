package audit

import (
	"cmp"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// call reads a call of the runtime. sum says that its result is added to the loss.
func (p *pass) call(c *ast.CallExpr, sum bool) {
	fn := name(c)
	switch {
	case fn == "clear" && len(c.Args) == 1:
		r, err := p.region(c.Args[0])
		if err != nil {
			p.add(c.Pos(), "%v", err)
			return
		}
		p.write([]operand{{region: r, write: true, rows: 1, row: r.len, stride: r.len, at: c.Pos()}},
			&value{zero: true, at: r})
		return
	case strings.HasSuffix(fn, ".watch.See"):
		p.watch(c)
		return
	case strings.HasPrefix(fn, "m."):
		p.bound(c, fn)
		return
	}
	if fn == "quant.FakeWeights" {
		p.fakeWeights(c)
		return
	}
	p.cur.funcs[fn] = c.Pos()
	sig := signatures[fn]
	if sig == nil {
		p.add(c.Pos(), "%s is no function that is known here", fn)
		return
	}
	if n := len(sig); n > 0 && sig[n-1] == "##" {
		sig = slices.Concat(sig[:n-1], slices.Repeat([]string{"#"}, max(0, len(c.Args)-n+1)))
	}
	if len(sig) != len(c.Args) {
		p.add(c.Pos(), "%s has %d arguments, want %d", fn, len(c.Args), len(sig))
		return
	}
	list, err := p.operands(fn, sig, c.Args)
	if err != nil {
		p.add(c.Pos(), "%s: %v", fn, err)
		return
	}
	switch {
	case fn == "attention.Step" || fn == "attention.Steps":
		p.attends(c, list)
	case strings.HasPrefix(fn, "conv.Steps"):
		p.rolls(c, list)
	case fn == "quant.Columns":
		p.columns(c, list)
	}
	p.compute(fn, list, c.Pos())
	if strings.HasPrefix(fn, "loss.") {
		fixed := slices.Index(sig, "#")
		if fixed < 0 {
			fixed = len(sig)
		}
		p.loss(c, list, fixed, sum)
	}
}

// fakeWeights reads quant.FakeWeights(channels, y, w), which rounds the weights w of the layer, as a whole.
func (p *pass) fakeWeights(c *ast.CallExpr) {
	if len(c.Args) != 3 {
		p.add(c.Pos(), "quant.FakeWeights has %d arguments, want 3", len(c.Args))
		return
	}
	n, err := p.int(c.Args[0])
	y, err1 := p.region(c.Args[1])
	w, err2 := p.region(c.Args[2])
	for _, e := range []error{err, err1, err2} {
		if e != nil {
			p.add(c.Pos(), "%v", e)
			return
		}
	}
	name, isParam := strings.CutPrefix(w.array, "p.")
	want := p.graph.rounds[name]
	p.cur.rounds = true
	switch {
	case p.mode != training || !isParam || want == 0 || !slices.Contains(p.cur.layer.params, name):
		p.add(c.Pos(), "quant.FakeWeights rounds %s, which %q does not", w, p.cur.heading)
	case n != want:
		p.add(c.Pos(), "quant.FakeWeights rounds %q by %d channels, want %d", name, n, want)
	case w.len != w.cap || y.len != w.len:
		p.add(c.Pos(), "quant.FakeWeights rounds %s of %d numbers, and writes %d", w, w.cap, y.len)
	case !strings.HasPrefix(y.array, "a."):
		p.add(c.Pos(), "%s is written, which is none of the pass", y)
	default:
		p.mem.write(y.array, y.from, 1, y.len, y.len, &value{param: name, rounded: true, at: y})
	}
}

// watch reads t.watch.See("layer NAME", array), which must show the result of the layer.
func (p *pass) watch(c *ast.CallExpr) {
	if len(c.Args) != 2 {
		p.add(c.Pos(), "See has %d arguments", len(c.Args))
		return
	}
	r, err := p.region(c.Args[1])
	if err != nil {
		p.add(c.Pos(), "%v", err)
		return
	}
	if !p.mem.read(r.array, r.from, r.from+r.len, func(segment) {}) {
		p.add(c.Pos(), "See is shown %s, of which not all was written", r)
	}
}

// compute reads and writes what a call does.
func (p *pass) compute(fn string, list []operand, at token.Pos) {
	g := p.cur
	out := &value{para: g.layer.name, by: map[string]bool{}, grad: strings.Contains(g.kind, "gradient"),
		behind: map[string]bool{}}
	takesGradient := slices.ContainsFunc(list, func(o operand) bool { return o.role == "dy" && !o.write })
	out.fn = fn
	var reads []operand
	part := ""
	for _, o := range list {
		if o.write && !o.update {
			continue
		}
		vals := p.read(o)
		reads = append(reads, o)
		p.keep(fn, o, vals)
		if takesGradient && o.role != "dy" {
			p.again(fn, o, vals)
		}
		for _, v := range vals {
			if v.param != "" {
				for _, t := range p.tensorsOf(v) {
					out.by[t] = true
				}
				p.role(fn, o, v)
				continue
			}
			p.takeValue(fn, o, v, out, takesGradient)
			if v.part != "" {
				part = v.part
			}
		}
	}
	p.projection(fn, reads)
	p.attended(fn, reads)
	p.terms(fn, reads, out)
	p.matrices(fn, reads)
	p.steps(fn, list)
	if p.gradAct != "" {
		p.throughActivation(list, out)
		p.gradAct = ""
	}
	if g.kind == "forward" && g.layer.kind == "quantiles" {
		out.sum = p.blocks(fn, reads)
	}
	if g.kind == "loss gradient" {
		out.behind["loss "+g.out.name] = true
	}
	var writes []operand
	for _, o := range list {
		if o.write {
			writes = append(writes, o)
		}
	}
	p.overlap(fn, list)
	for _, o := range list {
		t := strings.TrimPrefix(strings.TrimPrefix(o.array, "g."), "p.")
		if role := roleOf(t); part != "" && t != o.array && !strings.HasPrefix(role, part) {
			p.add(o.at, "%s takes the gradient of the %s with %q", fn, part, t)
		}
	}
	p.write(writes, out)
	for _, o := range writes {
		p.keepWritten(fn, o)
	}
}

// takeValue checks whether a call may take a value that is none of a parameter for an operand, and notes in its result, out,
// what comes of that. takesGradient says that the call has the gradient of its result as dy.
func (p *pass) takeValue(fn string, o operand, v, out *value, takesGradient bool) {
	g := p.cur
	p.ofNoParameter(fn, o, v)
	if takesGradient && !strings.HasPrefix(fn, "loss.") && o.role != "dy" && v.grad && !gradMeans[o.role] {
		p.add(o.at, "%s takes a gradient for %s", fn, o.role)
	}
	if takesGradient && o.role == "dy" && !v.grad && !v.zero {
		p.add(o.at, "%s takes %s for dy, which is no gradient", fn, o.region)
	}
	if g.kind == "loss" && v.target && o.role != "w" {
		out.target, out.of, out.scaled = true, v.of, append(slices.Clone(v.scaled), fn)
	}
	if conversions[fn] && !g.temps[v] && slices.ContainsFunc(slices.Collect(maps.Keys(g.funcs)),
		func(f string) bool { return !conversions[f] }) {
		p.add(o.at, "%s converts %s, which %q did not compute", fn, o.region, g.heading)
	}
	v.read = true
	if v.role != o.role && !v.zero && (statistics[o.role] && (v.role != "" || v.layer != nil) || statistics[v.role]) {
		p.add(o.at, "%s takes for %s what was computed as %s", fn, o.role, cmp.Or(v.role, "a result"))
	}
	if strings.HasPrefix(fn, "attention.") && parts[o.role] != "" {
		p.part(o, v, parts[o.role])
	}
	if fn == "vec.Affine" && (o.role == "c" || o.role == "s") {
		p.add(o.at, "%s takes %s, which is no constant, for its operand %s", fn, o.region, o.role)
	}
	if strings.HasPrefix(fn, "rnn.") && o.role == "x" && g.kind == "gradient" && v.layer == g.layer {
		p.add(o.at, "%s takes the result of %s for what that layer reads", fn, g.layer.name)
	}
	if fn == "gemm.TN" && o.role == "b" && v.grad && g.kind == "gradient" && o.rows*o.row < v.size() {
		p.add(o.at, "%s takes %d of the %d numbers of a gradient", fn, o.rows*o.row, v.size())
	}
	if g.kind == "gradient" && v.grad {
		p.behind(fn, o, v, out)
		p.summed(o, v)
	}
}
