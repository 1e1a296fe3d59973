package spec

import (
	"fmt"
	"slices"
	"strings"
)

// names gives every layer a name, and checks all names and the identifiers made from them.
func (p *parser) names(s *Spec) {
	type holder struct {
		what string
		name string
		pos  Pos
	}
	byName := map[string]holder{}
	byIdent := map[string]holder{}
	add := func(h holder, subject string) {
		if code, what := badName(h.name); code != "" {
			hint := ""
			if code == "reserved-name" {
				hint = fmt.Sprintf("another name, such as %q", h.name+"1")
			}
			p.errs.Add(code, h.pos, subject, hint, "%s", what)
			return
		}
		if first, ok := byName[h.name]; ok {
			p.errs.Add("duplicate-name", h.pos, subject, "give one of them another name",
				"the name is taken by the %s at line %d:%d", first.what, first.pos.Line, first.pos.Col)
			return
		}
		byName[h.name] = h
		id := Ident(h.name)
		if first, ok := byIdent[id]; ok {
			p.errs.Add("name-clash", h.pos, subject, "give one of them another name",
				"the name becomes %s in Go, and so does %s %q at line %d:%d", id, first.what, first.name,
				first.pos.Line, first.pos.Col)
			return
		}
		byIdent[id] = h
	}
	for _, in := range s.Inputs {
		if in.Name != "" {
			add(holder{"input", in.Name, in.Pos}, "input "+quote(in.Name))
		}
	}
	for _, l := range s.Layers {
		if l.Named {
			add(holder{"layer", l.Name, l.NamePos}, "layer "+quote(l.Name))
		}
	}
	counter := map[string]int{}
	for i := range s.Layers {
		l := &s.Layers[i]
		if l.Named || l.Kind == "" {
			continue
		}
		for {
			counter[l.Kind]++
			l.Name = fmt.Sprintf("%s%d", l.Kind, counter[l.Kind])
			if _, taken := byIdent[Ident(l.Name)]; !taken {
				break
			}
		}
		byName[l.Name] = holder{"layer", l.Name, l.NamePos}
		byIdent[Ident(l.Name)] = byName[l.Name]
	}
}

// withResults returns the attributes of a kind of layer that make it give more than its output.
func (p *parser) withResults(kind string) []Attr {
	var as []Attr
	if k := p.schema.Kind(LayerFamily, kind); k != nil {
		for _, a := range k.Attrs {
			if len(a.Results) > 0 {
				as = append(as, a)
			}
		}
	}
	return as
}

// references checks `from`, `share` and other attributes that name layers: each must name a layer or an input of the
// spec, or what a layer gives beside its output, and no layer may come, in the end, from itself.
func (p *parser) references(s *Spec) {
	index := map[string]int{}
	var all, layers []string
	inputs := map[string]bool{}
	missing := map[string]string{} // hints for results that would have to be asked for
	for _, in := range s.Inputs {
		inputs[in.Name] = true
		all = append(all, in.Name)
	}
	for i, l := range s.Layers {
		if l.Name == "" {
			continue
		}
		if _, dup := index[l.Name]; !dup {
			index[l.Name] = i
		}
		all = append(all, l.Name)
		layers = append(layers, l.Name)
		for _, a := range p.withResults(l.Kind) {
			for _, r := range a.Results {
				if !l.Bool(a.Name) {
					missing[l.Name+"."+r] = fmt.Sprintf("write %s: true in %s", a.Name, quote(l.Name))
					continue
				}
				index[l.Name+"."+r] = i
				all = append(all, l.Name+"."+r)
			}
		}
	}
	from := make([][]edge, len(s.Layers))
	share := make([][]edge, len(s.Layers))
	for i, l := range s.Layers {
		subject := "layer " + quote(l.Name)
		for _, v := range l.reads() {
			for _, r := range v.V.([]Ref) {
				j, ok := index[r.Name]
				switch {
				case ok:
					from[i] = append(from[i], edge{j, r.Pos, true})
				case inputs[r.Name]:
				case missing[r.Name] != "":
					p.errs.Add("unknown-ref", r.Pos, subject, missing[r.Name],
						"%s names %s, which is not given", v.Name, quote(r.Name))
				default:
					p.errs.Add("unknown-ref", r.Pos, subject, p.suggest(r.Name, all),
						"%s names %s, but there is no such layer or input", v.Name, quote(r.Name))
				}
			}
		}
		if l.From == nil && i > 0 {
			from[i] = []edge{{i - 1, l.Pos, false}}
		}
		if r := l.Share; r != nil {
			j, ok := index[r.Name]
			switch {
			case ok:
				share[i] = []edge{{j, r.Pos, true}}
			case inputs[r.Name]:
				p.errs.Add("unknown-ref", r.Pos, subject, "", "share names the input %s, but an input has no parameters",
					quote(r.Name))
			default:
				p.errs.Add("unknown-ref", r.Pos, subject, p.suggest(r.Name, layers),
					"share names %s, but there is no such layer", quote(r.Name))
			}
		}
	}
	found := p.cycles(s, from, "it reads what comes from itself", "") + p.cycles(s, share, "share makes a cycle", "")
	if found > 0 {
		return
	}
	both := make([][]edge, len(s.Layers))
	for i := range both {
		both[i] = slices.Concat(share[i], from[i])
	}
	p.cycles(s, both, "share and from make a cycle", "let the later layer share the parameters of the earlier one")
}

// edge leads from a layer to one that it refers to.
type edge struct {
	to      int
	pos     Pos
	written bool // false for the layer before, where `from` was left out
}

// maxCycles bounds how many cycles are reported: there can be as many as references.
const maxCycles = 20

// cycles reports each cycle that depth-first search closes, up to maxCycles, and returns their number.
func (p *parser) cycles(s *Spec, edges [][]edge, what, hint string) int {
	const (
		fresh = iota
		open
		done
	)
	state := make([]int, len(edges))
	type frame struct {
		layer int
		next  int // the edge to follow next
	}
	var stack []frame
	found := 0
	push := func(i int) {
		state[i] = open
		stack = append(stack, frame{layer: i})
	}
	for root := range edges {
		if state[root] != fresh {
			continue
		}
		push(root)
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(edges[f.layer]) {
				state[f.layer] = done
				stack = stack[:len(stack)-1]
				continue
			}
			e := edges[f.layer][f.next]
			f.next++
			switch state[e.to] {
			case fresh:
				push(e.to)
			case open:
				begin := len(stack) - 1
				for stack[begin].layer != e.to {
					begin--
				}
				var loop []int
				var via []edge
				for _, f := range stack[begin:] {
					loop = append(loop, f.layer)
					via = append(via, edges[f.layer][f.next-1])
				}
				p.cycle(s, loop, via, what, hint)
				if found++; found == maxCycles {
					return found
				}
			}
		}
	}
	return found
}

// cycle reports a cycle: loop[k] refers to loop[k+1] by via[k], and the last to the first. The place
// is a written reference to a later layer, the likeliest mistake; there is always one, since all
// others lead backwards.
func (p *parser) cycle(s *Spec, loop []int, via []edge, what, hint string) {
	at := 0
	for k, e := range via {
		if e.written && e.to >= loop[k] {
			at = k
			break
		}
	}
	var names []string
	for k := len(loop); k >= 0; k-- {
		l := s.Layers[loop[k%len(loop)]]
		if l.Name == "" {
			l.Name = fmt.Sprintf("(line %d)", l.Pos.Line)
		}
		names = append(names, clip(l.Name))
	}
	const most = 12
	if len(names) > most {
		names = append(append(names[:most/2:most/2], "…"), names[len(names)-most/2:]...)
	}
	p.errs.Add("cycle", via[at].pos, "layer "+quote(s.Layers[loop[at]].Name), hint,
		"%s: %s", what, strings.Join(names, " → "))
}
