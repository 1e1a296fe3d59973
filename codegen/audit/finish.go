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
// weights, and the activation that its products end with.
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

// sources returns whose contributions the gradient of a layer's result is the sum of: the layers that take it and the
// losses, but in the place of those that pass a gradient on as it is, whose gradient that is.
func (p *pass) sources(l *layer) map[string]bool {
	all := map[string]bool{}
	for i := range p.graph.outputs {
		if o := &p.graph.outputs[i]; o.scores == l {
			all["loss "+o.name] = true
		}
	}
	for _, c := range l.out {
		if !p.needed(c) {
			continue
		}
		if k := kinds[c.kind]; k.passes || k.passesFirst && c.in[0] == l && !slices.Contains(c.in[1:], l) ||
			p.back[c.name] == nil && (p.identity(c) || k.maybe) {
			maps.Copy(all, p.sources(c))
			continue
		}
		if kinds[c.kind].noGradient {
			continue
		}
		all[c.name] = true
	}
	return all
}

// needed tells whether the loss depends on a layer.
func (p *pass) needed(l *layer) bool {
	for i := range p.graph.outputs {
		if p.graph.outputs[i].scores == l {
			return true
		}
	}
	return slices.ContainsFunc(l.out, p.needed)
}

// normal puts in the place of layers that pass a gradient on those behind them.
func (p *pass) normal(set map[string]bool) map[string]bool {
	all := map[string]bool{}
	for name := range set {
		if l := p.graph.byName[name]; l != nil && kinds[l.kind].passes {
			maps.Copy(all, p.sources(l))
			continue
		}
		all[name] = true
	}
	return all
}

// behind notes whose contributions a gradient that is read holds.
func (p *pass) behind(fn string, o operand, v *value, out *value) {
	g := p.cur
	pool := p.poolOf(g.layer)
	switch {
	case v.behind[g.layer.name], fn == "vec.Add":
		maps.Copy(out.behind, v.behind)
	case v.masked != nil && p.poolOf(v.masked) == g.layer && maps.Equal(p.normal(v.behind), p.sources(g.layer)):
		out.behind[v.masked.name] = true
	case v.masked == nil && maps.Equal(p.normal(v.behind), p.sources(g.layer)):
		out.behind[g.layer.name] = true
	case v.masked == nil && fn == "vec.ReLUGrad" && pool != nil && maps.Equal(p.normal(v.behind), p.sources(pool)):
		maps.Copy(out.behind, v.behind)
		out.masked, g.pooled = g.layer, pool
	default:
		p.add(o.at, "%q takes for the gradient of its result that which %s left, want that of %s", g.heading,
			list(v.behind), list(p.sources(g.layer)))
		out.behind[g.layer.name] = true
	}
}

// poolOf returns the max-pool of a ReLU's result that nothing else takes, nil if there is none.
func (p *pass) poolOf(relu *layer) *layer {
	behind := p.sources(relu)
	for name := range behind {
		if pool := p.graph.byName[name]; relu.kind == "relu" && len(behind) == 1 && pool != nil && isMaxPool(pool) {
			return pool
		}
	}
	return nil
}

// inFront returns the ReLU of whose result alone a max-pool is, nil if there is none.
func (p *pass) inFront(pool *layer) *layer {
	if !isMaxPool(pool) {
		return nil
	}
	l := pool.in[0]
	for p.identity(l) && len(l.in) > 0 {
		l = l.in[0]
	}
	if p.poolOf(l) != pool {
		return nil
	}
	return l
}

func isMaxPool(l *layer) bool { return strings.Contains(l.kind, "max_pool") }

func list(set map[string]bool) string {
	if len(set) == 0 {
		return "nothing"
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), " and ")
}

// loss checks a call of a loss. The arguments from fixed on are its constants.
func (p *pass) loss(c *ast.CallExpr, ops []operand, fixed int, sum bool) {
	g := p.cur
	if g.out == nil {
		p.add(c.Pos(), "a loss stands under %q", g.heading)
		return
	}
	if sum {
		p.losses[g.out.name]++
		if !near(p.factor, g.out.weight) {
			p.add(c.Pos(), "the loss of %s counts %g times in the sum, want %g", g.out.name, p.factor, g.out.weight)
		}
	}
	if want := lossCalls[g.out.loss]; !slices.Contains(want, name(c)) {
		p.add(c.Pos(), "%s has the loss %s, but calls %s", g.out.name, g.out.loss, name(c))
	}
	p.lossNumbers(c, fixed)
	scores := p.resolve(g.out.scores)
	for _, o := range ops {
		switch o.role {
		case "y":
			p.mem.read(o.array, o.from, o.from+o.row, func(s segment) {
				if s.v != scores {
					p.add(o.at, "the loss of %s does not read the result of %s", g.out.name, g.out.scores.name)
				}
			})
			if scores != nil && o.row != scores.size() {
				p.add(o.at, "the loss of %s reads %d numbers, want %d", g.out.name, o.row, scores.size())
			}
		case "t":
			p.mem.read(o.array, o.from, o.from+o.row, func(s segment) { p.target(o, s.v) })
		case "w":
			if !strings.HasPrefix(o.array, "weights.") {
				p.add(o.at, "the loss of %s reads %s for weights", g.out.name, o.region)
			}
			p.rowWeights(o)
		}
	}
}

// target checks what a loss takes for targets: those of its output, scaled as it learns them.
func (p *pass) target(o operand, v *value) {
	out := p.cur.out
	switch {
	case !v.target || v.of == nil:
		p.add(o.at, "the loss of %s reads %s for targets", out.name, o.region)
	case v.of.name != out.name:
		p.add(o.at, "the loss of %s reads the targets of %s", out.name, v.of.name)
	case !slices.Equal(v.scaled, out.scaling):
		p.add(o.at, "the loss of %s reads targets that went through %v, want %v", out.name, v.scaled, out.scaling)
	}
}

// lossNumbers checks the constants of a loss: its attributes, and of quantiles all in their order.
func (p *pass) lossNumbers(c *ast.CallExpr, fixed int) {
	out := p.cur.out
	var list []float64
	for _, x := range c.Args[fixed:] {
		v, err := p.float(x)
		if err != nil || !out.numbers.holds(v) {
			p.add(x.Pos(), "%s is no constant of the loss of %s", text(x), out.name)
		}
		list = append(list, v)
	}
	if out.loss == "pinball" && !slices.EqualFunc(list, out.quantiles, near) {
		p.add(c.Pos(), "the loss of %s is of the quantiles %v, want %v", out.name, list, out.quantiles)
	}
}

// rowWeights checks that a loss takes the weights of examples times those of their classes where the output has such.
func (p *pass) rowWeights(o operand) {
	out := p.cur.out
	name, byClass := strings.CutPrefix(o.array, "weights.rowWeights")
	switch {
	case byClass != (out.classWeights && p.mode == training):
		p.add(o.at, "the loss of %s reads %s: by class is %t, want %t", out.name, o.region, byClass, !byClass)
	case byClass && name != "" && !strings.EqualFold(name, strings.ReplaceAll(out.name, "_", "")):
		p.add(o.at, "the loss of %s reads %s, which is not for it", out.name, o.region)
	}
}

// checkScaling checks a paragraph of a loss: the targets are scaled by the constants and calls of the output alone.
func (p *pass) checkScaling(g *group) {
	for t, c := range g.params {
		if !slices.Contains(g.out.targets, t) {
			p.add(g.at, "the loss of %s reads %q, which is none of its constants", g.out.name, t)
		}
		for _, s := range c {
			p.scaled[t] = p.scaled[t].add(s.from, s.to)
		}
	}
	for fn, at := range g.funcs {
		if !strings.HasPrefix(fn, "loss.") && !slices.Contains(g.out.scaling, fn) {
			p.add(at, "the loss of %s has no use for %s", g.out.name, fn)
		}
	}
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

// endGradient checks the paragraphs of the gradient of a layer.
func (p *pass) endGradient(g *group) {
	l := g.layer
	var may []*value
	given := append(slices.Clone(l.in), l)
	if g.pooled != nil {
		given = []*layer{g.pooled}
	}
	for _, in := range given {
		if v := p.resolve(in); v != nil {
			may = append(may, v)
		}
	}
	if f := p.fused[l]; f != nil { // an activation within a product reads its own result
		if v := p.results[l]; v != nil {
			may = append(may, v)
		}
	}
	for _, v := range g.order {
		switch {
		case v.layer != nil && !slices.Contains(may, v):
			p.add(g.at, "the gradient of %s reads the result of %s, which has nothing to do with it", l.name, v.layer.name)
		case v.layer != nil && g.reads[v].size() != v.size() && !kinds[l.kind].partial:
			p.add(g.at, "the gradient of %s reads %d of the %d numbers of %s", l.name, g.reads[v].size(), v.size(), v.layer.name)
		case v.grad && !v.behind[l.name] && !kinds[l.kind].some && g.reads[v].size() != v.size():
			p.add(g.at, "the gradient of %s reads %d of %d numbers of a gradient", l.name, g.reads[v].size(), v.size())
		}
	}
	for t, c := range g.params {
		if !slices.Contains(l.params, t) {
			p.add(g.at, "the gradient of %s reads %q, which is none of its parameters", l.name, t)
		} else if c.size() != p.graph.params[t] {
			p.add(g.at, "the gradient of %s reads %d of the %d numbers of %q", l.name, c.size(), p.graph.params[t], t)
		}
	}
	p.checkCalls(g)
}
