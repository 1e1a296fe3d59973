package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// JSONSchema returns a JSON Schema (draft 2020-12) of specs with the given kinds, made from the same
// tables that Parse checks against. What it cannot say, such as references between layers, only
// Parse finds. The same schema gives the same bytes.
func JSONSchema(schema Schema) ([]byte, error) {
	g := generator{schema: schema}
	root := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "nngen network spec, version 1"},
	}
	root = append(root, g.mapping(&rootKind, nil)...)
	// Without blocks an entry is a use of a kind alone, so that a typo of a kind is no name of a block.
	root = append(root,
		member{"if", object{{"required", []string{"blocks"}}}},
		member{"then", entries("layers_entry")},
		member{"else", entries("layers_kind")})
	defs := object{}
	families := map[string]Family{}
	var names []string
	for f := range schema {
		families[string(f)] = f
		names = append(names, string(f))
	}
	for _, f := range g.used {
		if _, ok := families[string(f)]; !ok {
			families[string(f)] = f
			names = append(names, string(f))
		}
	}
	sort.Strings(names)
	for _, n := range names {
		defs = append(defs, member{n, g.family(families[n], nil)})
	}
	defs = append(defs, member{"layers_entry", g.entry()}, member{"layers_kind", g.family(LayerFamily, layerAttrs)})
	root = append(root, member{"$defs", append(defs, g.shared...)})
	b, err := layOut(nil, root, 0)
	if err != nil {
		return nil, fmt.Errorf("JSON Schema: %w", err)
	}
	return append(b, '\n'), nil
}

// layOut appends a value: in one line what fits there, else a member or an item in each.
func layOut(b []byte, value any, depth int) (_ []byte, err error) {
	const width = 120
	text, err := marshal(value)
	o, isObject := value.(object)
	list, isList := value.([]any)
	if err != nil || depth+len(text) <= width || !isObject && !isList {
		return append(b, text...), err
	}
	before := text[0]
	next := func() {
		b = append(append(b, before, '\n'), strings.Repeat(" ", depth+1)...)
		before = ','
	}
	for _, m := range o {
		next()
		if b, err = layOut(append(strconv.AppendQuote(b, m.key), ':', ' '), m.value, depth+1); err != nil {
			return nil, err
		}
	}
	for _, item := range list {
		next()
		if b, err = layOut(b, item, depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, text[len(text)-1]), nil
}

// marshal returns the JSON of a value, in one line.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return bytes.TrimSpace(b.Bytes()), err
}

// object is a JSON object with its members in order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(strconv.AppendQuote(b, m.key), ':'), value...)
	}
	return append(b, '}'), nil
}

type generator struct {
	schema Schema
	used   []Family // families that the sections refer to
	shared object   // definitions of what stands in several places
}

// share returns a reference to a definition that several places have, made at the first of them.
func (g *generator) share(name string, make func() object) object {
	if !slices.ContainsFunc(g.shared, func(m member) bool { return m.key == name }) {
		g.shared = append(g.shared, member{name, make()})
	}
	return object{{"$ref", "#/$defs/" + name}}
}

func (g *generator) ref(f Family) object {
	g.used = append(g.used, f)
	return object{{"$ref", "#/$defs/" + string(f)}}
}

// family describes a use of a kind: a word, or a mapping with one key.
func (g *generator) family(f Family, extra []Attr) object {
	kinds := append([]Kind(nil), g.schema[f]...)
	sort.Slice(kinds, func(i, j int) bool { return kinds[i].Name < kinds[j].Name })
	var forms []any
	props := object{}
	for i := range kinds {
		k := &kinds[i]
		if !needsAttrs(k) {
			forms = append(forms, object{{"const", k.Name}, {"description", k.Doc}})
		}
		props = append(props, member{k.Name, g.use(k, extra)})
	}
	forms = append(forms, object{
		{"type", "object"}, {"properties", props}, {"additionalProperties", false},
		{"minProperties", 1}, {"maxProperties", 1},
	})
	return object{{"anyOf", forms}}
}

// use describes what follows the name of a kind.
func (g *generator) use(k *Kind, extra []Attr) object {
	forms := []any{g.mapping(k, extra)}
	if !needsAttrs(k) {
		forms = append(forms, object{{"type", "null"}})
	}
	if a := k.short(); a != nil {
		forms = append(forms, g.attr(a))
	}
	if len(forms) == 1 {
		return forms[0].(object)
	}
	return object{{"description", k.Doc}, {"anyOf", forms}}
}

func needsAttrs(k *Kind) bool {
	for _, a := range k.Attrs {
		if a.Required {
			return true
		}
	}
	return len(k.OneOf) > 0
}

// mapping describes a mapping with the attributes of k and the extra ones.
func (g *generator) mapping(k *Kind, extra []Attr) object {
	props := object{}
	required := []string{}
	for i := range k.Attrs {
		a := &k.Attrs[i]
		props = append(props, member{a.Name, g.described(a)})
		if a.Required {
			required = append(required, a.Name)
		}
	}
	for i := range extra {
		a := &extra[i]
		props = append(props, member{a.Name, g.share("layers_"+a.Name, func() object { return g.described(a) })})
	}
	o := object{{"description", k.Doc}, {"type", "object"}, {"properties", props}, {"additionalProperties", false}}
	if len(required) > 0 {
		o = append(o, member{"required", required})
	}
	var all []any
	for _, group := range k.OneOf {
		var one []any
		for _, name := range group {
			one = append(one, object{{"required", []string{name}}})
		}
		all = append(all, object{{"oneOf", one}})
	}
	if all != nil {
		o = append(o, member{"allOf", all})
	}
	return o
}

// described describes an attribute: its doc, value and default.
func (g *generator) described(a *Attr) object {
	o := g.attr(a)
	if a.Doc != "" {
		o = slices.DeleteFunc(o, func(m member) bool { return m.key == "description" }) // that of its section
		o = append(object{{"description", a.Doc}}, o...)
	}
	switch d := a.Default.(type) {
	case nil, Node:
	default:
		o = append(o, member{"default", d})
	}
	return o
}

// attr describes the value of an attribute.
func (g *generator) attr(a *Attr) object {
	switch a.Type {
	case Int, Float:
		n := g.number(a)
		if len(a.Enum) > 0 {
			return anyOf(n, object{{"enum", a.Enum}})
		}
		return n
	case Bool:
		return object{{"type", "boolean"}}
	case String, File:
		return str(a)
	case Enum:
		return object{{"enum", append(slices.Clone(a.Enum), slices.Sorted(maps.Keys(a.Aliases))...)}}
	case Ints, Floats:
		l := g.list(a, g.number(a))
		if len(a.Enum) > 0 {
			return anyOf(l, object{{"enum", a.Enum}})
		}
		return l
	case Strings, Refs:
		if a.Family != "" {
			return g.list(a, object{{"enum", g.schema.names(a.Family)}})
		}
		return g.list(a, str(a))
	case Pairs:
		pair := object{{"type", "array"}, {"items", g.number(a)}, {"minItems", 2}, {"maxItems", 2}}
		l := object{{"type", "array"}, {"items", pair}, {"minItems", max(a.Len, 1)}}
		if a.Len > 0 {
			l = append(l, member{"maxItems", a.Len})
		}
		if len(a.Enum) > 0 {
			return anyOf(l, object{{"enum", a.Enum}})
		}
		return l
	case Nodes:
		return g.ref(a.Family)
	case NodeList:
		return anyOf(g.ref(a.Family), object{{"type", "array"}, {"items", g.ref(a.Family)}, {"minItems", 1}})
	case Weights:
		m := object{
			{"type", "object"}, {"minProperties", 1},
			{"additionalProperties", object{{"type", "number"}, {"exclusiveMinimum", 0}}},
		}
		if len(a.Enum) > 0 {
			return anyOf(m, object{{"enum", a.Enum}})
		}
		return m
	case Size:
		return anyOf(object{{"type", "integer"}, {"minimum", 1}, {"maximum", int64(maxSize)}},
			object{{"type", "string"}, {"pattern", sizePattern}})
	case Uint64:
		return object{{"type", "integer"}, {"minimum", 0}, {"maximum", uint64(1<<64 - 1)}}
	case Labels:
		return anyOf(object{{"type", "integer"}, {"minimum", 2}, {"maximum", MaxClasses}},
			object{{"type", "array"}, {"items", str(&Attr{Loose: true})}, {"minItems", 2}, {"uniqueItems", true}})
	case Section:
		return g.section(a.Section)
	case SectionList:
		s := g.share("each_of_"+a.Name, func() object { return g.section(a.Section) })
		return anyOf(s, object{{"type", "array"}, {"items", s}, {"minItems", 1}})
	case Layers: // of which the root says what the entries are
		return object{{"type", "array"}, {"minItems", 1}}
	case Blocks:
		return object{{"type", "object"}, {"minProperties", 1}, {"additionalProperties", layersSchema()}}
	}
	panic(fmt.Sprintf("BUG: attribute %s has type %d", a.Name, a.Type))
}

// section describes a section, and the bare value that may stand for it.
func (g *generator) section(k *Kind) object {
	s := g.mapping(k, nil)
	if short := k.short(); short != nil {
		return anyOf(s, g.attr(short))
	}
	return s
}

func layersSchema() object {
	return object{{"type", "array"}, {"items", object{{"$ref", "#/$defs/layers_entry"}}}, {"minItems", 1}}
}

// entries says of what definition the entries of the list of layers are.
func entries(of string) object {
	return object{{"properties", object{{"layers", object{{"items", object{{"$ref", "#/$defs/" + of}}}}}}}}
}

// entry describes an entry of a list of layers: a use of a kind, or of a block. The description keeps editors from
// showing those of all forms together.
func (g *generator) entry() object {
	use := blockKind("")
	return anyOf(object{{"$ref", "#/$defs/layers_kind"}}, object{
		{"description", "A use of a block."}, {"type", "object"}, {"minProperties", 1}, {"maxProperties", 1},
		{"additionalProperties", g.use(&use, layerAttrs)},
		{"propertyNames", object{{"not", object{{"enum", g.words(LayerFamily)}}}}},
	})
}

// words lists the kinds of a family.
func (g *generator) words(f Family) []string {
	var names []string
	for _, k := range g.schema[f] {
		names = append(names, k.Name)
	}
	sort.Strings(names)
	return names
}

func anyOf(forms ...any) object { return object{{"anyOf", forms}} }

func str(a *Attr) object {
	switch {
	case len(a.Enum) > 0:
		return object{{"enum", a.Enum}}
	case a.Loose:
		return object{{"type", []string{"string", "number", "boolean"}}}
	}
	return object{{"type", "string"}, {"minLength", 1}}
}

func (g *generator) number(a *Attr) object {
	o := object{{"type", "number"}}
	lo, hi := a.Min, a.Max
	if a.Type == Int || a.Type == Ints || a.Type == Pairs {
		o = object{{"type", "integer"}}
		if lo == nil {
			lo = Bound(-maxInt)
		}
		if hi == nil {
			hi = Bound(maxInt)
		}
	}
	if lo != nil {
		o = append(o, member{map[bool]string{false: "minimum", true: "exclusiveMinimum"}[a.OpenMin && lo == a.Min], *lo})
	}
	if hi != nil {
		o = append(o, member{map[bool]string{false: "maximum", true: "exclusiveMaximum"}[a.OpenMax && hi == a.Max], *hi})
	}
	return o
}

func (g *generator) list(a *Attr, item object) object {
	l := object{{"type", "array"}, {"items", item}, {"minItems", max(a.Len, 1)}}
	if a.Len > 0 {
		l = append(l, member{"maxItems", a.Len})
	}
	if a.Len <= 1 || a.Repeat {
		return anyOf(item, l)
	}
	return l
}
