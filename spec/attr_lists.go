package spec

import (
	"fmt"
	"strings"
)

// list checks each item by one; a single scalar is a list of one, or of a.Len if a.Repeat.
func list[T any](p *parser, a *Attr, t *tree, subject string, one func(*Attr, *tree, string) (T, bool)) ([]T, bool) {
	if t.form != listForm {
		if t.form == mapForm || t.form == nullForm {
			p.wrong("type", a, t, subject, "", "a list")
			return nil, false
		}
		v, ok := one(a, t, subject)
		if !ok {
			return nil, false
		}
		vs := []T{v}
		if a.Repeat {
			for len(vs) < a.Len {
				vs = append(vs, v)
			}
		}
		return vs, p.length(a, t, len(vs), subject)
	}
	if !p.length(a, t, len(t.items), subject) {
		return nil, false
	}
	vs := make([]T, 0, len(t.items))
	for _, item := range t.items {
		v, ok := one(a, item, subject)
		if ok {
			vs = append(vs, v)
		}
	}
	return vs, len(vs) == len(t.items)
}

// refs checks names of layers, each with its own position; whether there are such layers is for later.
func (p *parser) refs(a *Attr, t *tree, subject string) ([]Ref, bool) {
	names, ok := list(p, a, t, subject, p.string)
	if !ok {
		return nil, false
	}
	refs := make([]Ref, len(names))
	for i, name := range names {
		refs[i] = Ref{Name: name, Pos: t.pos}
		if t.form == listForm {
			refs[i].Pos = t.items[i].pos
		}
	}
	return refs, true
}

func (p *parser) length(a *Attr, t *tree, n int, subject string) bool {
	switch {
	case n == 0:
		p.errs.Add("length", t.pos, subject, "", "%s must not be an empty list", a.Name)
	case a.Len > 0 && n != a.Len:
		p.errs.Add("length", t.pos, subject, "", "%s must have %s, but has %d", a.Name, Count(a.Len, "value"), n)
	default:
		return true
	}
	return false
}

func (p *parser) pairs(a *Attr, t *tree, subject string) ([][2]int, bool) {
	if t.form != listForm {
		want, hint := "a list of pairs such as [[0, 1], [2, 0]]", ""
		if len(a.Enum) > 0 {
			want = strings.Join(a.Enum, ", ") + " or " + want
			hint = p.suggest(t.text, a.Enum)
		}
		p.errs.Add("type", t.pos, subject, hint, "%s must be %s, but is %s", a.Name, want, t.describe())
		return nil, false
	}
	if !p.length(a, t, len(t.items), subject) {
		return nil, false
	}
	var vs [][2]int
	for _, item := range t.items {
		if item.form != listForm || len(item.items) != 2 {
			p.errs.Add("type", item.pos, subject, "", "each item of %s must be a pair such as [0, 1], but is %s", a.Name,
				item.describe())
			continue
		}
		i, ok1 := p.int(a, item.items[0], subject)
		j, ok2 := p.int(a, item.items[1], subject)
		if ok1 && ok2 {
			vs = append(vs, [2]int{i, j})
		}
	}
	return vs, len(vs) == len(t.items)
}

func (p *parser) nodeList(a *Attr, t *tree) ([]Node, bool) {
	items := t.items
	if t.form != listForm {
		items = []*tree{t}
	} else if !p.length(a, t, len(items), "") {
		return nil, false
	}
	ok := true
	var ns []Node
	for i, item := range items {
		n, good := p.node(a.Family, nil, item, fmt.Sprintf("%s %d", a.Name, i+1))
		ok = ok && good
		ns = append(ns, n)
	}
	return ns, ok
}

func (p *parser) weights(a *Attr, t *tree, subject string) ([]Weight, bool) {
	if t.form != mapForm || len(t.keys) == 0 {
		want := "a mapping from class names to weights"
		if len(a.Enum) > 0 {
			want += ", or " + orList(a.Enum)
		}
		p.wrong("type", a, t, subject, "", want)
		return nil, false
	}
	one := Attr{Name: a.Name, Type: Float, Min: Bound(0), OpenMin: true}
	var ws []Weight
	for _, e := range t.keys {
		one.Name = "the weight of " + quote(e.key)
		v, _ := p.float(&one, e.value, subject)
		ws = append(ws, Weight{Class: e.key, Weight: v, Pos: e.pos}) // the class is checked, whatever its weight
	}
	return ws, true
}

func (p *parser) labels(a *Attr, t *tree, subject string) (Classes, bool) {
	count := Attr{Name: a.Name, Type: Int, Min: Bound(2), Max: Bound(MaxClasses)}
	if t.form != listForm {
		if _, ok := parseInt(t.text); t.form != plainForm || !ok {
			p.wrong("type", a, t, subject, "", "a count or a list of names")
			return Classes{}, false
		}
		n, ok := p.int(&count, t, subject)
		return Classes{Count: n, Pos: t.pos}, ok
	}
	names, ok := list(p, &Attr{Name: a.Name, Type: Strings, Loose: true}, t, subject, p.string)
	if !ok {
		return Classes{}, false
	}
	first := map[string]Pos{}
	for i, n := range names {
		pos := t.items[i].pos
		if at, dup := first[n]; dup {
			p.errs.Add("duplicate-name", pos, a.Name, "", "class %s is listed twice, first at line %d:%d", quote(n), at.Line,
				at.Col)
			ok = false
			continue
		}
		first[n] = pos
	}
	if len(names) < 2 {
		p.errs.Add("length", t.pos, a.Name, "", "there must be at least 2 classes, but there is 1")
		ok = false
	}
	return Classes{Names: names, Count: len(names), Pos: t.pos}, ok
}

func (p *parser) sectionValue(a *Attr, t *tree, subject string) (Node, bool) {
	if short := a.Section.short(); short != nil && (t.form == plainForm || t.form == quotedForm) {
		v, ok := p.value(short, t, subject)
		given := []Value{{Name: short.Name, V: v, Pos: t.pos, Written: true}}
		for _, d := range p.defaults(a.Section, nil, t.pos) {
			if d.Name != short.Name {
				given = append(given, d)
			}
		}
		return Node{Pos: t.pos, Attrs: given}, ok
	}
	if t.form != mapForm {
		p.errs.Add("type", t.pos, "", "", "%s must be a mapping, but is %s", subject, t.describe())
		return Node{}, false
	}
	return Node{Pos: t.pos, Attrs: p.attrs(a.Section, nil, t, subject, "")}, true
}

func (p *parser) sectionList(a *Attr, t *tree, subject string) ([]Node, bool) {
	items := t.items
	if t.form != listForm {
		items = []*tree{t}
	} else if !p.length(a, t, len(items), subject) {
		return nil, false
	}
	ok := true
	var ns []Node
	for i, item := range items {
		n, good := p.sectionValue(a, item, fmt.Sprintf("%s %d", subject, i+1))
		ok = ok && good
		ns = append(ns, n)
	}
	return ns, ok
}
