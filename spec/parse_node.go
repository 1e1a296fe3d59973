package spec

import (
	"fmt"
	"reflect"
	"slices"
)

// attrs checks the mapping t against the attributes of k and the extra ones. subject begins every
// message; what names the owner in texts, and is "" where the subject already does.
func (p *parser) attrs(k *Kind, extra []Attr, t *tree, subject, what string) []Value {
	all := append(append([]Attr(nil), k.Attrs...), extra...)
	names := make([]string, len(all))
	index := make(map[string]int, len(all))
	for i, a := range all {
		names[i] = a.Name
		index[a.Name] = i
	}
	has, needs := "there is no key ", ""
	if what != "" {
		has, needs = what+" has no ", what+" "
	}
	written := make([]*entry, len(all))
	meant := map[string]bool{} // keys that were probably written, in another spelling
	for _, e := range t.keys {
		i, ok := index[e.key]
		if !ok {
			hint, name := p.suggestKey(e.key, names)
			if a := k.short(); a != nil && a.Type == Nodes && p.schema.Kind(a.Family, e.key) != nil {
				hint, name = fmt.Sprintf("write %s: {%s: …}", a.Name, clip(e.key)), a.Name
			}
			meant[name] = true
			p.errs.Add("unknown-key", e.pos, subject, hint, "%s%s", has, quote(e.key))
			continue
		}
		written[i] = e
	}
	var vals []Value
	for i := range all {
		a := &all[i]
		e := written[i]
		if e == nil {
			if a.Required && !meant[a.Name] {
				p.missing(a, t, subject, needs)
			}
			if v, ok := p.defaultValue(a, t.pos); ok {
				vals = append(vals, v)
			}
			continue
		}
		v, ok := p.value(a, e.value, subject)
		if !ok {
			if def, ok := p.defaultValue(a, t.pos); ok {
				vals = append(vals, def) // so that what follows is checked all the same
			}
			continue
		}
		vals = append(vals, Value{Name: a.Name, V: v, Pos: e.value.pos, Written: true,
			Default: isDefault(a.Default, v), Beside: a.Beside})
	}
	for _, group := range k.OneOf {
		var found []*entry
		typo := false
		for _, name := range group {
			typo = typo || meant[name]
			if e := written[index[name]]; e != nil {
				found = append(found, e)
			}
		}
		switch {
		case len(found) == 0 && !typo:
			p.errs.Add("missing", t.pos, subject, "", "%sneeds %s", needs, orList(group))
		case len(found) > 1:
			p.errs.Add("conflict", found[1].pos, subject, "remove one of them",
				"%stakes one of %s, but has %s at line %d:%d and %s",
				needs, orList(group), found[0].key, found[0].pos.Line, found[0].pos.Col, found[1].key)
		}
	}
	return vals
}

// defaults returns the values of a kind of which nothing was written.
func (p *parser) defaults(k *Kind, extra []Attr, pos Pos) []Value {
	var vals []Value
	for i := range k.Attrs {
		if v, ok := p.defaultValue(&k.Attrs[i], pos); ok {
			vals = append(vals, v)
		}
	}
	return vals
}

func (p *parser) defaultValue(a *Attr, pos Pos) (Value, bool) {
	if a.Default == nil {
		return Value{}, false
	}
	v := Value{Name: a.Name, V: a.Default, Pos: pos, Default: true, Beside: a.Beside}
	if a.Type == Nodes {
		switch d := a.Default.(type) {
		case string:
			v.V = p.defaultNode(a.Family, d, pos)
		case Node:
			d.Pos = pos
			v.V = d
		}
	}
	return v, true
}

// isDefault tells whether v is what the attribute would be if it were left out.
func isDefault(def, v any) bool {
	n, ok := v.(Node)
	if !ok {
		return reflect.DeepEqual(def, v)
	}
	switch d := def.(type) {
	case string:
		return n.Kind == d && n.isDefault()
	case Node:
		// A Node with values of its own is rare as a default: those must have been written alike.
		return n.Kind == d.Kind && Contents(nil).node(n) == Contents(nil).node(d)
	}
	return false
}

// isDefault tells whether all attributes have their defaults.
func (n Node) isDefault() bool {
	for _, v := range n.Attrs {
		if !v.Default {
			return false
		}
	}
	return true
}

// defaultNode returns a kind of which nothing was written. It panics if the family lacks the kind.
func (p *parser) defaultNode(f Family, name string, pos Pos) Node {
	k := p.schema.Kind(f, name)
	if k == nil {
		panic(fmt.Sprintf("BUG: default %s %q is no kind", f, name))
	}
	return Node{Kind: name, Pos: pos, Attrs: p.defaults(k, nil, pos)}
}

// node checks a use of a kind: a bare word, or a mapping with one key.
func (p *parser) node(f Family, extra []Attr, t *tree, subject string) (Node, bool) {
	word, pos, arg := t.text, t.pos, (*tree)(nil)
	switch {
	case t.form == mapForm && len(t.keys) == 1:
		word, pos, arg = t.keys[0].key, t.keys[0].pos, t.keys[0].value
	case t.form == mapForm && len(t.keys) > 1:
		hint := fmt.Sprintf("write {%s: {…}}, with the other keys inside the braces", clip(t.keys[0].key))
		p.errs.Add("form", t.keys[1].pos, subject, hint,
			"%s is one word or a mapping with one key, but this has the keys %s and %s",
			article(f.noun()), quote(t.keys[0].key), quote(t.keys[1].key))
		return Node{}, false
	case t.form != plainForm && t.form != quotedForm:
		p.errs.Add("form", t.pos, subject, "", "%s is one word or a mapping with one key, but this is %s",
			article(f.noun()), t.describe())
		return Node{}, false
	}
	k := p.schema.Kind(f, word)
	if k == nil {
		p.unknownKind(f, word, pos, subject)
		return Node{}, false
	}
	n := Node{Kind: k.Name, Pos: pos}
	m := arg
	switch {
	case arg == nil || arg.form == nullForm:
		m = &tree{form: mapForm, pos: pos}
	case arg.form == mapForm && !p.isShort(k, extra, arg):
	case k.Short != "":
		m = &tree{form: mapForm, pos: arg.pos, keys: []*entry{{key: k.Short, pos: arg.pos, value: arg}}}
	default:
		p.errs.Add("form", arg.pos, subject, fmt.Sprintf("write {%s: {attribute: value}}", k.Name),
			"%s takes a mapping of attributes, but this is %s", k.Name, arg.describe())
		return n, false
	}
	at := *m
	at.pos = pos
	n.Attrs = p.attrs(k, extra, &at, subject, k.Name)
	return n, true
}

// isShort tells whether a mapping is the bare value of the attribute that Short names: one kind of its family, as in
// `bidirectional: {lstm: 8}`, and no attribute.
func (p *parser) isShort(k *Kind, extra []Attr, arg *tree) bool {
	a := k.short()
	if a == nil || a.Type != Nodes || len(arg.keys) != 1 {
		return false
	}
	key := arg.keys[0].key
	named := func(a Attr) bool { return a.Name == key }
	return p.schema.Kind(a.Family, key) != nil && !slices.ContainsFunc(k.Attrs, named) &&
		!slices.ContainsFunc(extra, named)
}
