package spec

import (
	"fmt"
	"strings"
)

// value checks t as a value of a, and returns it in the Go type that a.Type documents.
func (p *parser) value(a *Attr, t *tree, subject string) (any, bool) {
	switch a.Type {
	case Int:
		if isWord(a, t) {
			return t.text, true
		}
		return p.int(a, t, subject)
	case Float:
		if isWord(a, t) {
			return t.text, true
		}
		return p.float(a, t, subject)
	case Bool:
		return p.bool(a, t, subject)
	case String:
		return p.string(a, t, subject)
	case File:
		name, ok := p.string(a, t, subject)
		return Path(name), ok
	case Enum:
		return p.enum(a, t, subject)
	case Ints:
		if isWord(a, t) {
			return t.text, true
		}
		return list(p, a, t, subject, p.int)
	case Floats:
		return list(p, a, t, subject, p.float)
	case Strings:
		switch {
		case a.Family != "":
			b := *a
			b.Enum = p.schema.names(a.Family)
			return list(p, &b, t, subject, p.enum)
		case len(a.Enum) > 0:
			return list(p, a, t, subject, p.enum)
		}
		return list(p, a, t, subject, p.string)
	case Pairs:
		if isWord(a, t) {
			return t.text, true
		}
		return p.pairs(a, t, subject)
	case Nodes:
		n, ok := p.node(a.Family, nil, t, in(subject, a.Name))
		return n, ok
	case NodeList:
		return p.nodeList(a, t)
	case Weights:
		if isWord(a, t) {
			return t.text, true
		}
		return p.weights(a, t, subject)
	case Size:
		return p.size(a, t, subject)
	case Uint64:
		return p.uint64(a, t, subject)
	case Labels:
		return p.labels(a, t, subject)
	case Section:
		return p.sectionValue(a, t, in(subject, a.Name))
	case SectionList:
		return p.sectionList(a, t, in(subject, a.Name))
	case Layers:
		return p.layers(a, t)
	case Blocks:
		return p.blockLists(a, t)
	case Refs:
		return p.refs(a, t, subject)
	}
	panic(fmt.Sprintf("BUG: attribute %s has type %d", a.Name, a.Type))
}

// in names the subject of a part.
func in(subject, part string) string {
	switch {
	case subject == "":
		return part
	case strings.HasSuffix(subject, `"`) || strings.HasSuffix(subject, ")"):
		return subject + ", " + part
	}
	return subject + "." + part
}

// wrong reports a value that is not what it should be.
func (p *parser) wrong(code string, a *Attr, t *tree, subject, hint, want string) {
	p.errs.Add(code, t.pos, subject, hint, "%s must be %s, but is %s", each(a, t), want, t.describe())
}

// each names an attribute in a message about t: a number in its list, or all of it.
func each(a *Attr, t *tree) string {
	if (a.Type == Ints || a.Type == Floats || a.Type == Pairs) && t.form != listForm && t.form != mapForm {
		return "each number of " + a.Name
	}
	return a.Name
}

func isWord(a *Attr, t *tree) bool {
	return (t.form == plainForm || t.form == quotedForm) && contains(a.Enum, t.text)
}

func (p *parser) bool(a *Attr, t *tree, subject string) (bool, bool) {
	if t.form == plainForm {
		switch t.text {
		case "true", "True", "TRUE":
			return true, true
		case "false", "False", "FALSE":
			return false, true
		}
	}
	p.wrong("type", a, t, subject, "", "true or false")
	return false, false
}

func (p *parser) string(a *Attr, t *tree, subject string) (string, bool) {
	number := t.form == plainForm && (isNumber(t.text) || t.text == "true" || t.text == "false")
	switch {
	case t.form != plainForm && t.form != quotedForm:
		p.wrong("type", a, t, subject, "", "a string")
	case number && !a.Loose:
		p.wrong("type", a, t, subject, fmt.Sprintf("quote it: %q", clip(t.text)), "a string")
	case t.text == "" && !a.Loose:
		p.wrong("range", a, t, subject, "", "a string that is not empty")
	case strings.ContainsAny(t.text, "\x00"):
		p.wrong("range", a, t, subject, "", "a string without a zero byte")
	default:
		return t.text, true
	}
	return "", false
}

func (p *parser) enum(a *Attr, t *tree, subject string) (string, bool) {
	if t.form != plainForm && t.form != quotedForm {
		p.wrong("type", a, t, subject, "", orList(a.Enum))
		return "", false
	}
	if word, ok := a.Aliases[t.text]; ok {
		return word, true
	}
	if !contains(a.Enum, t.text) {
		hint := p.suggest(t.text, a.Enum)
		if len(a.Enum) > 8 {
			if hint == "" {
				hint = "the words are " + strings.Join(a.Enum, ", ")
			}
			p.errs.Add("word", t.pos, subject, hint, "%s has no word %s", a.Name, quote(t.text))
		} else {
			p.wrong("word", a, t, subject, hint, orList(a.Enum))
		}
		return "", false
	}
	return t.text, true
}

// orList joins words as in `a, b or c`.
func orList(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
