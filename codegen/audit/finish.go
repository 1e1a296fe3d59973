package audit

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// resolve returns the value that stands for the result of a layer: its own, or that of its input where it changes
// nothing; nil if it is computed nowhere.
func (p *pass) resolve(l *layer) *value {
	for {
		if v := p.results[l]; v != nil {
			return v
		}
		if !p.identity(l) && !(kinds[l.kind].maybe && sameOrder(l)) || len(l.in) == 0 {
			return nil
		}
		l = l.in[0]
	}
}

// identity tells whether a layer changes no number in this pass.
func (p *pass) identity(l *layer) bool {
	k := kinds[l.kind]
	return k.identity || k.trainingOnly && (p.mode != training || l.off)
}

// sameOrder tells whether a layer that moves numbers may leave them where they are: it moves extents of 1 alone.
func sameOrder(l *layer) bool {
	switch {
	case l.kind == "space_to_depth": // rows of one block
		return len(l.shape) > 1 && l.shape[1] == 1
	case l.kind == "depth_to_space":
		return len(l.in[0].shape) > 1 && l.in[0].shape[1] == 1
	}
	long := func(shape []int) []int {
		return slices.DeleteFunc(slices.Clone(shape), func(n int) bool { return n == 1 })
	}
	return len(l.in) == 1 && slices.Equal(long(l.shape), long(l.in[0].shape))
}

// expected returns the values that a paragraph may read as inputs of its layer.
func (p *pass) expected(g *group) (want []*value) {
	for _, in := range g.layer.in {
		v := p.resolve(in)
		if v == nil {
			p.add(g.at, "%s reads %s, which is not computed before", g.layer.name, in.name)
		} else if !slices.Contains(want, v) {
			want = append(want, v)
		}
	}
	return want
}

// endGroup checks a paragraph that is over.
func (p *pass) endGroup() {
	g := p.cur
	p.cur = nil
	if g != nil && g.kind == "loss" {
		p.checkScaling(g)
	}
	if g == nil || g.kind != "forward" {
		return // gradients are looked at when all of them are over
	}
	if p.auditor.ints {
		p.endInts(g)
		return
	}
	if g.rounds && len(g.funcs) == 0 {
		return // workers round all weights before they begin
	}
	if p.half(g) {
		p.halves[g.layer] = g
		return
	}
	if p.done[g.layer] != nil {
		p.add(g.at, "%s is computed twice", g.layer.name)
	}
	want := p.expected(g)
	p.fuse(g)
	p.checkInputs(g, want)
	p.checkParams(g)
	p.checkCalls(g)
	p.result(g)
	p.done[g.layer] = g
}

// half tells whether a paragraph computes the statistics of a norm over the batch, and leaves it to another to apply
// them.
func (p *pass) half(g *group) bool {
	_, stats := g.funcs["norm.BatchNormTrain"]
	_, applied := g.funcs["norm.BatchNormApply"]
	return stats && !applied && len(g.writes) > 0 && g.writes[len(g.writes)-1].len != p.n*g.layer.size
}

// next returns the layer that takes a result alone, those that change nothing apart; nil if there is none.
func (p *pass) next(l *layer) *layer {
	for len(l.out) == 1 && p.identity(l.out[0]) {
		l = l.out[0]
	}
	if len(l.out) != 1 {
		return nil
	}
	return l.out[0]
}

// fuse adds the layers that a paragraph computes beside its own: a batch norm whose parameters are folded into its
// weights, the activation that its products end with, and the pool over squares of its pixels.
func (p *pass) fuse(g *group) {
	last := g.layer
	if n := p.next(last); n != nil && n.kind == "batch_norm" && p.mode != training && foldable[last.kind] && p.folded(g) {
		p.fused[n] = g.layer
		g.layers = append(g.layers, n)
		last = n
	}
	for _, act := range slices.Sorted(maps.Keys(g.acts)) {
		if n := p.next(last); n != nil && strings.ReplaceAll(n.kind, "_", "") == act {
			p.fused[n] = g.layer
			g.layers = append(g.layers, n)
			last = n
			continue
		}
		p.add(g.acts[act], "%s ends with %s, but no such layer takes its result alone", g.layer.name, act)
	}
	if at, ok := g.funcs["conv.ForwardMaxPacked"]; ok {
		n := p.next(last)
		if n == nil || n.kind != "max_pool2d" || !n.square() {
			p.add(at, "%s ends with maxima over squares, but no such pool takes its result alone", g.layer.name)
			return
		}
		p.fused[n] = g.layer
		g.layers = append(g.layers, n)
	}
}

// square tells whether the windows of a pool are 2×2, side by side, and whole.
func (l *layer) square() bool {
	for _, v := range slices.Concat(l.geometry["pool_size"], l.geometry["strides"]) {
		if v != 2 {
			return false
		}
	}
	x, y := l.in[0].shape, l.shape
	at := len(y) - 3
	return at >= 0 && x[at] == 2*y[at] && x[at+1] == 2*y[at+1]
}

// folded tells whether a paragraph reads weights that build has folded.
func (p *pass) folded(g *group) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(g.params)), func(v string) bool {
		f, ok := strings.CutPrefix(v, "m.")
		return ok && p.fields[f].role != ""
	})
}

// checkInputs compares what a paragraph read with the inputs of its layer.
func (p *pass) checkInputs(g *group, want []*value) {
	for _, v := range g.order {
		if v.layer == nil || g.temps[v] {
			continue
		}
		if !slices.Contains(want, v) {
			p.add(g.at, "%s reads the result of %s, which is none of its inputs", g.layer.name, v.layer.name)
		}
	}
	for _, v := range want {
		c, read := g.reads[v]
		switch {
		case !read:
			p.add(g.at, "%s does not read the result of %s", g.layer.name, v.layer.name)
		case c.size() != v.size() && !kinds[g.layer.kind].partial:
			p.add(g.at, "%s reads %d of the %d numbers of %s", g.layer.name, c.size(), v.size(), v.layer.name)
		}
	}
}

// size returns the number of elements of a value.
func (v *value) size() int { return v.at.len }

// checkParams compares the parameters that a paragraph read with those of its layers.
func (p *pass) checkParams(g *group) {
	want := map[string]bool{}
	for _, l := range g.layers {
		for _, t := range l.params {
			want[t] = true
		}
	}
	read := map[string]bool{}
	for v, c := range g.params {
		f, isField := strings.CutPrefix(v, "m.")
		size, names := 0, []string{v}
		if isField {
			size, names = p.fields[f].size, p.fields[f].tensors
			for _, e := range p.fields[f].consts {
				g.consts[e] = g.at
			}
		} else {
			size = p.graph.params[v]
		}
		switch {
		case p.stream != nil && p.ofSteps(g.layer, size): // the rows of the steps at hand
			row, from, rows := g.layer.size, (p.stream.steps-p.n)*g.layer.size, p.n
			if p.alike(names) {
				from, rows = 0, 1
			}
			if len(c) != 1 || c[0].from != from || c.size() != rows*row {
				p.add(g.at, "%s does not read the row of the step in %s", g.layer.name, v)
			}
		case c.size() != size:
			p.add(g.at, "%s reads %d of the %d numbers of %s", g.layer.name, c.size(), size, v)
		}
		for _, t := range names {
			read[t] = true
			if !want[t] {
				p.add(g.at, "%s reads %q, which is none of its parameters", g.layer.name, t)
			}
		}
	}
	for t := range want {
		if !read[t] {
			p.add(g.at, "%s does not read its parameter %q", g.layer.name, t)
		}
	}
}

// checkCalls compares the calls of a paragraph, and their constants, with the kinds of its layers.
func (p *pass) checkCalls(g *group) {
	allowed := map[string]bool{}
	for _, l := range g.layers {
		k := kinds[l.kind]
		calls := k.calls
		if g.kind == "gradient" {
			calls = k.backward
		}
		for _, fn := range calls {
			allowed[fn] = true
		}
		if main := calls; len(main) > 0 && g.kind == "forward" && p.fused[l] == nil {
			if _, ok := g.funcs[main[0]]; !ok && !slices.ContainsFunc(k.either,
				func(fn string) bool { return g.funcs[fn] != 0 }) {
				p.add(g.at, "%s is of kind %s, but its paragraph does not call %s", l.name, l.kind, main[0])
			}
		}
	}
	for fn, at := range g.funcs {
		if !allowed[fn] {
			p.add(at, "%s is of kind %s, whose paragraphs do not call %s", g.layer.name, g.layer.kind, fn)
		}
	}
	for v, at := range g.consts {
		if !slices.ContainsFunc(g.layers, func(l *layer) bool { return l.holds(v) }) {
			p.add(at, "%v is no constant of %s", v, g.layer.name)
		}
	}
}

// result finds what the last statements of a paragraph write: the result of its last layer.
func (p *pass) result(g *group) {
	last := g.layers[len(g.layers)-1]
	need := p.n * last.size
	if len(g.writes) == 0 {
		p.add(g.at, "%s writes nothing", last.name)
		return
	}
	array := g.writes[len(g.writes)-1].array
	lo, hi := 0, 0
	for i, w := range slices.Backward(g.writes) {
		if w.array != array {
			break
		}
		if i == len(g.writes)-1 {
			lo, hi = w.from, w.from+w.len
		} else {
			lo, hi = min(lo, w.from), max(hi, w.from+w.len)
		}
		if hi-lo >= need {
			break
		}
	}
	v := &value{layer: last, at: region{array, lo, hi - lo, 0}}
	whole := p.mem.read(array, lo, hi, func(s segment) {
		if !g.temps[s.v] {
			p.add(g.at, "the result of %s is partly of another paragraph", last.name)
		}
	})
	if !whole || hi-lo != need {
		p.add(g.at, "%s writes %d numbers for its result, want %d", last.name, hi-lo, need)
	}
	if last.kind == "quantiles" {
		p.quantiles(last, g.at, v.at)
	}
	p.mem.write(array, lo, 1, hi-lo, hi-lo, v)
	p.results[last] = v
	if last != g.layer {
		p.results[g.layer] = nil
	}
}

func list(set map[string]bool) string {
	if len(set) == 0 {
		return "nothing"
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), " and ")
}

// finish checks what is to be there when a function is over.
func (p *pass) finish(f *ast.FuncDecl) {
	if p.auditor.ints {
		p.finishInts(f)
	}
	for _, o := range p.graph.outputs {
		if p.mode == training {
			if p.resolve(o.scores) == nil {
				p.add(f.Pos(), "%s does not compute %s", f.Name.Name, o.scores.name)
			}
		} else {
			p.output(f, o)
		}
		for _, t := range o.targets {
			if n := p.scaled[t].size(); p.mode != inference && n != p.graph.params[t] {
				p.add(f.Pos(), "the loss of %s reads %d of the %d numbers of %q", o.name, n, p.graph.params[t], t)
			}
		}
		if p.mode != inference && p.losses[o.name] != 1 {
			p.add(f.Pos(), "%s sums the loss of %s %d times", f.Name.Name, o.name, p.losses[o.name])
		}
	}
	if p.mode != training {
		return
	}
	for _, g := range p.back {
		p.endGradient(g)
	}
	for _, r := range p.main { // norms give the gradient of their input with that of their parameters, needed or not
		if r.grad && !r.read && !strings.HasPrefix(r.fn, "norm.") && r.fn != "vec.PReLUGrad" {
			p.add(r.pos, "the result of %s is not read", r.fn)
		}
	}
	for _, l := range p.graph.layers {
		if !l.trained || !p.needed(l) {
			continue
		}
		for _, t := range l.params {
			if p.trains(t) && p.grads[t].size() != p.graph.params[t] {
				p.add(f.Pos(), "%s writes %d of the %d numbers of the gradient of %q", f.Name.Name,
					p.grads[t].size(), p.graph.params[t], t)
			}
		}
	}
}

// trains tells whether a parameter has a gradient: those of Params have, those of Stats not.
func (p *pass) trains(name string) bool {
	for field, t := range p.tensors {
		if t.name == name {
			return !strings.HasPrefix(field, "Stats.")
		}
	}
	return false
}

// output checks that an output was written as a whole with the result of its layer.
func (p *pass) output(f *ast.FuncDecl, o output) {
	forms := []*value{p.resolve(o.layer)}
	if p.auditor.ints {
		forms = append(p.forms(o.layer), nil)
	}
	if forms[0] == nil {
		p.add(f.Pos(), "%s does not compute %s", f.Name.Name, o.layer.name)
		return
	}
	n := p.n * o.layer.size
	ok := p.mem.read("y."+o.name, 0, n, func(s segment) {
		if !slices.Contains(forms, s.v) {
			p.add(f.Pos(), "%s writes to the output %s what is not the result of %s", f.Name.Name, o.name, o.layer.name)
		}
	})
	if !ok {
		p.add(f.Pos(), "%s does not write all of the output %s", f.Name.Name, o.name)
	}
}
