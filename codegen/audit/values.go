package audit

import (
	"slices"
	"strings"
)

// read checks that an operand was written, and notes what it is.
func (p *pass) read(o operand) (vals []*value) {
	g := p.cur
	if t, ok := strings.CutPrefix(o.array, "g."); ok {
		p.readGradient(o, t)
		return nil
	}
	whole := true
	o.each(func(from, to int) {
		whole = p.mem.read(o.array, from, to, func(s segment) {
			if !slices.Contains(vals, s.v) {
				vals = append(vals, s.v)
			}
			if s.v.param != "" {
				if rounds := p.mode == training && p.graph.rounds[s.v.param] > 0; rounds != s.v.rounded {
					p.add(o.at, "%s is %q, rounded: %t, want %t", o.region, s.v.param, s.v.rounded, rounds)
				}
				from := s.v.at.from
				g.params[s.v.param] = g.params[s.v.param].add(s.from-from, s.to-from)
				return
			}
			if _, ok := g.reads[s.v]; !ok {
				g.order = append(g.order, s.v)
				p.legitimate(o, s.v)
			}
			g.reads[s.v] = g.reads[s.v].add(s.from, s.to)
		}) && whole
	})
	if !whole {
		p.add(o.at, "%s is read, of which not all was written", o.region)
	}
	return vals
}

// readGradient checks that an operand, a gradient of a parameter that several layers share, was written.
func (p *pass) readGradient(o operand, param string) {
	whole := true
	o.each(func(from, to int) {
		whole = p.grads[param].holds(from, to) && whole
		p.added[param] = p.added[param].add(from, to)
	})
	if !whole {
		p.add(o.at, "%s is read, of which not all was written", o.region)
	}
	if !slices.Contains(p.cur.layer.params, param) {
		p.add(o.at, "%s is a gradient, which %q has no use for", o.region, p.cur.heading)
	}
}

// legitimate checks that a paragraph may read a value that is none of a parameter. Results of layers are compared with
// the inputs when the paragraph is over.
func (p *pass) legitimate(o operand, v *value) {
	g := p.cur
	switch {
	case v.carried != nil && v.carried.layer == g.layer:
	case v.carried != nil:
		p.add(o.at, "%s is what State holds from the step before, which %s has no use for", o.region, g.layer.name)
	case v.layer != nil || v.target || v.zero || v.grad && g.kind == "gradient":
	case v.grad:
		p.add(o.at, "%s is a gradient, which %q has no use for", o.region, g.heading)
	case v.para != g.layer.name:
		p.add(o.at, "%s is left over from the paragraph of %s", o.region, v.para)
	}
	if v.target && !strings.Contains(g.kind, "loss") {
		p.add(o.at, "%s is a target, which %q has no use for", o.region, g.heading)
	}
}

// write puts a value in place.
func (p *pass) write(list []operand, v *value) {
	g := p.cur
	for i, o := range list {
		switch {
		case strings.HasPrefix(o.array, "g."):
			t := strings.TrimPrefix(o.array, "g.")
			again := false
			o.each(func(from, to int) {
				again = again || p.grads[t].meets(from, to) && !p.added[t].holds(from, to)
				p.grads[t] = p.grads[t].add(from, to)
			})
			delete(p.added, t)
			if again {
				p.add(o.at, "%s is written again, without what it had", o.region)
			}
			if g.kind != "gradient" || !slices.Contains(g.layer.params, t) {
				p.add(o.at, "%q writes the gradient of %q", g.heading, t)
			}
			p.gradientRole(o, t)
			continue
		case strings.HasPrefix(o.array, "p."):
			if !o.update {
				p.add(o.at, "%s writes a parameter", o.region)
			}
			continue
		case !strings.HasPrefix(o.array, "a.") && !strings.HasPrefix(o.array, "y.") && !strings.HasPrefix(o.array, "s."):
			p.add(o.at, "%s is written, which is none of the pass", o.region)
			continue
		}
		w := *v
		w.at = region{o.array, o.from, o.rows * o.row, o.cap}
		w.para = g.layer.name
		w.part = parts[strings.TrimPrefix(o.role, "d")]
		if !strings.HasPrefix(o.role, "d") {
			w.part = ""
		}
		if i > 0 {
			w.role = o.role
		} else {
			p.main = append(p.main, result{&w, o.at})
		}
		x := &w
		p.mem.write(o.array, o.from, o.rows, o.row, o.stride, x)
		g.temps[x] = true
		if i > 0 {
			continue // statistics beside the result
		}
		g.writes = append(g.writes, write{region{o.array, o.from, (o.rows-1)*o.stride + o.row, o.cap}, o.at, v.fn})
	}
}

// inPlace are the functions whose result may be where an operand is: those that work element by element.
func inPlace(fn string) bool {
	return strings.HasPrefix(fn, "vec.") && fn != "vec.SumRows" && fn != "vec.DotRows" && fn != "vec.CopyCols" ||
		strings.HasPrefix(fn, "dropout.") || fn == "quant.Lookup" || fn == "quant.Add" ||
		fn == "quant.FakeTrain" || fn == "quant.FakeGrad" ||
		strings.HasPrefix(fn, "norm.") || strings.HasPrefix(fn, "loss.")
}

// overlap finds results that lie over operands or each other.
func (p *pass) overlap(fn string, list []operand) {
	for i, o := range list {
		if !o.write {
			continue
		}
		for j, q := range list {
			if i == j || q.write && j < i || o.array != q.array || o.from >= q.from+q.len || q.from >= o.from+o.len {
				continue
			}
			same := o.from == q.from && o.row == q.row && o.stride == q.stride
			if !q.write && same && inPlace(fn) || o.stride != o.row || q.stride != q.row {
				continue
			}
			p.add(o.at, "%s writes %s over its operand %s", fn, o.region, q.region)
		}
	}
}
