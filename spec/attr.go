package spec

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
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

var (
	intText   = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*(_[0-9]+)*|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)$`)
	floatText = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
	octalText = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	nanText   = regexp.MustCompile(`^[-+]?\.?(nan|NaN|NAN|inf|Inf|INF|infinity|Infinity)$`)
)

// isNumber tells whether a plain scalar is a number: to YAML, or to those who know other formats.
func isNumber(s string) bool {
	return intText.MatchString(s) || floatText.MatchString(s) || nanText.MatchString(s)
}

// parseInt reads a whole number; one with an exponent or a fraction of zeros counts. ok tells
// whether s is a whole number at all: one that no int64 holds is saturated.
func parseInt(s string) (v int64, ok bool) {
	if octalText.MatchString(s) {
		return 0, false
	}
	if intText.MatchString(s) {
		v, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 0, 64)
		if errors.Is(err, strconv.ErrRange) {
			return v, true
		}
		return v, err == nil
	}
	if !floatText.MatchString(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || f >= 1<<63:
		return saturate(f), true
	case f < -(1 << 63):
		return math.MinInt64, true
	}
	return int64(f), f == math.Trunc(f) && !vanishes(s, f)
}

// vanishes tells whether a number is so small that float64 takes it for 0, which strconv does not say.
func vanishes(s string, f float64) bool {
	digits, _, _ := strings.Cut(strings.ToLower(s), "e")
	return f == 0 && strings.ContainsAny(digits, "123456789")
}

func saturate(f float64) int64 {
	if f < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}

func (p *parser) int(a *Attr, t *tree, subject string) (int, bool) {
	v, ok := int64(0), false
	if t.form == plainForm {
		v, ok = parseInt(t.text)
	}
	if !ok {
		want := "a whole number"
		if len(a.Enum) > 0 {
			want += " or " + orList(a.Enum)
		}
		hint := ""
		switch {
		case t.form == quotedForm && isNumber(t.text):
			hint = "remove the quotes"
		case t.form == plainForm && octalText.MatchString(t.text):
			hint = "write it without leading zeros"
		case t.form == plainForm && nanText.MatchString(t.text):
			p.wrong("range", a, t, subject, "", want)
			return 0, false
		case t.form == plainForm && len(a.Enum) > 0:
			hint = p.suggest(t.text, a.Enum)
		}
		p.wrong("type", a, t, subject, hint, want)
		return 0, false
	}
	b := *a
	if b.Max == nil || *b.Max > maxInt {
		b.Max, b.OpenMax = Bound(maxInt), false
	}
	if b.Min == nil || *b.Min < -maxInt {
		b.Min, b.OpenMin = Bound(-maxInt), false
	}
	if !p.inRange(a, &b, float64(v), t, subject) {
		return 0, false
	}
	return int(v), true
}

func (p *parser) float(a *Attr, t *tree, subject string) (float64, bool) {
	want := "a number"
	if len(a.Enum) > 0 {
		want += " or " + orList(a.Enum)
	}
	if t.form != plainForm || !isNumber(t.text) {
		hint := ""
		switch {
		case t.form == quotedForm && isNumber(t.text):
			hint = "remove the quotes"
		case t.form == plainForm && strings.HasSuffix(t.text, "%") && floatText.MatchString(strings.TrimSuffix(t.text, "%")):
			hint = "write a share as a number from 0 to 1"
		case t.form == plainForm && len(a.Enum) > 0:
			hint = p.suggest(t.text, a.Enum)
		}
		p.wrong("type", a, t, subject, hint, want)
		return 0, false
	}
	if nanText.MatchString(t.text) {
		p.wrong("range", a, t, subject, "", "a finite number")
		return 0, false
	}
	var v float64
	var err error
	if i, ok := parseInt(t.text); ok && !floatText.MatchString(t.text) {
		v = float64(i)
	} else {
		v, err = strconv.ParseFloat(t.text, 64)
	}
	if err != nil || math.Abs(v) > math.MaxFloat32 {
		p.wrong("range", a, t, subject, "", "at most 3.4e38, the largest float32, in magnitude")
		return 0, false
	}
	if float32(v) == 0 && v != 0 || vanishes(t.text, v) {
		p.errs.Add("range", t.pos, subject, "", "%s is %s, which float32 cannot hold: it would be 0", each(a, t), clip(t.text))
		return 0, false
	}
	if !p.inRange(a, a, v, t, subject) {
		return 0, false
	}
	return v, true
}

// inRange checks a number against the bounds of b, and reports it as a value of a. What float32 rounds to a bound that
// is out of range is so too: a decay of 0.99999999999 would be 1, and move nothing.
func (p *parser) inRange(a, b *Attr, v float64, t *tree, subject string) bool {
	low := b.Min == nil || v > *b.Min || v == *b.Min && !b.OpenMin
	high := b.Max == nil || v < *b.Max || v == *b.Max && !b.OpenMax
	if high && b.Max != nil && b.OpenMax && float32(v) >= float32(*b.Max) {
		p.errs.Add("range", t.pos, subject, "", "%s must be less than %g as a float32, which %s is not", each(a, t), *b.Max,
			clip(t.text))
		return false
	}
	if low && high {
		return true
	}
	bound := func(open, closed string, isOpen bool, v float64) string {
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if math.Abs(v) < 1e15 && v == math.Trunc(v) {
			s = strconv.FormatFloat(v, 'f', -1, 64)
		}
		if isOpen {
			return open + " " + s
		}
		return closed + " " + s
	}
	var want []string
	if !low || b.Max != nil && a.Min != nil && *b.Max != maxInt {
		want = append(want, bound("more than", "at least", b.OpenMin, *b.Min))
	}
	if !high || b.Min != nil && a.Max != nil && *b.Min != -maxInt {
		want = append(want, bound("less than", "at most", b.OpenMax, *b.Max))
	}
	p.errs.Add("range", t.pos, subject, "", "%s must be %s, but is %s", each(a, t),
		strings.Join(want, " and "), clip(t.text))
	return false
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

// units are the units of a Size in bytes.
var units = []struct {
	name  string
	bytes int64
}{
	{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
}

// sizeText matches what Size accepts beside a whole number of bytes.
const sizePattern = `^([0-9]+(\.[0-9]+)?) ?(B|kB|MB|GB|KiB|MiB|GiB)$`

var (
	sizeText = regexp.MustCompile(sizePattern)
	unitText = regexp.MustCompile(`^[0-9.]+ ?([A-Za-z]+)$`)
)

const maxSize = 1 << 50 // bytes

func (p *parser) size(a *Attr, t *tree, subject string) (int64, bool) {
	const want = "a number of bytes such as 65536, 64KiB or 1.5MB"
	bytes := new(big.Rat)
	m := sizeText.FindStringSubmatch(t.text)
	switch v, ok := parseInt(t.text); {
	case t.form != plainForm && t.form != quotedForm:
		p.wrong("type", a, t, subject, "", want)
		return 0, false
	case m != nil && len(m[1]) <= maxShown:
		bytes.SetString(m[1])
		for _, u := range units {
			if u.name == m[3] {
				bytes.Mul(bytes, new(big.Rat).SetInt64(u.bytes))
			}
		}
	case ok && t.form == plainForm:
		bytes.SetInt64(v)
	default:
		hint := ""
		if u := unitText.FindStringSubmatch(t.text); u != nil {
			switch strings.ToLower(u[1]) {
			case "k", "kb":
				hint = "the units are kB (1000 bytes) and KiB (1024 bytes)"
			default:
				hint = "the units are B, kB, MB, GB, KiB, MiB and GiB"
			}
		}
		p.wrong("type", a, t, subject, hint, want)
		return 0, false
	}
	switch {
	case !bytes.IsInt():
		p.wrong("range", a, t, subject, "", "a whole number of bytes")
	case bytes.Sign() <= 0:
		p.wrong("range", a, t, subject, "leave it out for no limit", "at least 1 byte")
	case bytes.Cmp(new(big.Rat).SetInt64(maxSize)) > 0:
		p.wrong("range", a, t, subject, "leave it out for no limit", "at most 1048576GiB")
	default:
		return bytes.Num().Int64(), true
	}
	return 0, false
}

func (p *parser) uint64(a *Attr, t *tree, subject string) (uint64, bool) {
	if t.form == plainForm && intText.MatchString(t.text) {
		v, err := strconv.ParseUint(strings.TrimPrefix(strings.ReplaceAll(t.text, "_", ""), "+"), 0, 64)
		if err == nil {
			return v, true
		}
		p.wrong("range", a, t, subject, "", "from 0 to 18446744073709551615")
		return 0, false
	}
	p.wrong("type", a, t, subject, "", "a whole number")
	return 0, false
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

const maxLayers = 10_000

// layers checks the entries of `layers:`. A layer with errors is still returned, as far as it was
// understood, so that references to it are no errors too.
func (p *parser) layers(a *Attr, t *tree) ([]Layer, bool) {
	if t.form != listForm {
		p.wrong("type", a, t, "", "begin each layer with `- `", "a list")
		return nil, false
	}
	if !p.length(a, t, len(t.items), "") {
		return nil, false
	}
	if len(t.items) > maxLayers {
		p.errs.Add("length", t.items[maxLayers].pos, "", "", "%s must have at most %d entries, but has %d",
			a.Name, maxLayers, len(t.items))
		return nil, false
	}
	ls := make([]Layer, 0, len(t.items))
	for i, item := range t.items {
		ls = append(ls, p.layer(i, item))
	}
	return ls, true
}

func (p *parser) layer(i int, t *tree) Layer {
	before := len(p.errs)
	subject := fmt.Sprintf("layer %d", i+1)
	if t.form == mapForm && len(t.keys) == 1 {
		subject = fmt.Sprintf("layer %d (%s)", i+1, clip(t.keys[0].key))
		if arg := t.keys[0].value; arg.form == mapForm {
			if e := arg.get("name"); e != nil && (e.value.form == plainForm || e.value.form == quotedForm) {
				subject = "layer " + quote(e.value.text)
			}
		}
	}
	n, _ := p.node(LayerFamily, layerAttrs, t, subject)
	if n.Kind == "" {
		n.Pos = t.pos
		if t.form == mapForm && len(t.keys) == 1 {
			n.Pos = t.keys[0].pos
			// Of a layer of unknown kind the name still counts, for references to it.
			if arg := t.keys[0].value; arg.form == mapForm {
				if e := arg.get("name"); e != nil && (e.value.form == plainForm || e.value.form == quotedForm) {
					n.Attrs = []Value{{Name: "name", V: e.value.text, Pos: e.value.pos, Written: true}}
				}
			}
		}
	}
	l := Layer{NamePos: n.Pos}
	l.Node = Node{Kind: n.Kind, Pos: n.Pos}
	for _, v := range n.Attrs {
		switch v.Name {
		case "name":
			l.Name, l.Named, l.NamePos = v.V.(string), true, v.Pos
		case "share":
			l.Share = &Ref{Name: v.V.(string), Pos: v.Pos}
		case "from":
			l.From = v.V.([]Ref)
		case "trainable":
			if l.Frozen = !v.V.(bool); v.Written {
				l.Trainable = v.Pos
			}
		case "lr_factor":
			if l.LRFactor = v.V.(float64); v.Written {
				l.LRFactorPos = v.Pos
			}
		case "weights":
			l.DType, l.DTypePos = v.V.(Node).Word("dtype"), v.Pos
		default:
			l.Attrs = append(l.Attrs, v)
		}
	}
	l.Faulty = n.Kind == "" || len(p.errs) > before
	return l
}
