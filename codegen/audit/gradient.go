package audit

import (
	"maps"
	"slices"
	"strings"
)

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

// throughActivation is the end of a product by which a gradient goes through the activation in front of its layer too.
func (p *pass) throughActivation(ops []operand, out *value) {
	g, written := p.cur, 0
	for _, l := range g.layer.in {
		for p.identity(l) && len(l.in) > 0 {
			l = l.in[0]
		}
		if !maps.Equal(p.sources(l), map[string]bool{g.layer.name: true}) {
			continue
		}
		if act := p.inFront(l); act != nil && p.gradAct == "relu" {
			out.masked = act
		} else if strings.ReplaceAll(l.kind, "_", "") == p.gradAct {
			out.behind = map[string]bool{l.name: true}
		} else {
			continue
		}
		for _, o := range ops {
			if o.write {
				written = o.rows * o.row
			}
		}
		for _, o := range ops {
			if o.role == "saved" {
				if o.row != written {
					p.add(o.at, "the gradient through %s reads %d of the %d numbers of its result", l.name, o.row, written)
				}
				p.mem.read(o.array, o.from, o.from+o.row, func(s segment) {
					if s.v != p.results[l] {
						p.add(o.at, "the gradient through %s takes %s for its result", l.name, o.region)
					}
				})
			}
		}
		return
	}
	p.add(p.at, "the gradient goes through %s, but %s takes no such layer's result alone", p.gradAct, g.layer.name)
}
