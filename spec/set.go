package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Set returns the text of a spec with another value of one field. The path names keys and, in lists, layers and inputs
// by their names, written or default, and other things by kind or by number from 0: layers.h1.units,
// optimizer.adam.lr, layers.dropout1.rate, preprocess.0.scale. The kind of what has one may be left out, as in
// optimizer.lr; what is not written yet is added. The value is YAML. Set checks no more than that the path leads
// somewhere: Parse says whether the result is a spec.
func Set(src []byte, path, value string, schema Schema) ([]byte, error) {
	root, problems := load("", src)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	v, problems := load("", []byte(value))
	if problems.Err() != nil || v == nil || value == "" {
		return nil, fmt.Errorf("%s: %q is no value", path, value)
	}
	v.Style, v.HeadComment, v.LineComment, v.FootComment = v.Style|yaml.FlowStyle, "", "", ""
	if v.Kind == yaml.ScalarNode {
		v.Style &^= yaml.FlowStyle
	}
	s := &setter{schema: schema, path: path, value: v, blocks: map[string]bool{}}
	if b := pair(root, "blocks"); b != nil && b.Kind == yaml.MappingNode {
		for i := 0; i < len(b.Content); i += 2 {
			s.blocks[b.Content[i].Value] = true
		}
	}
	if err := s.section(root, rootKind.Attrs, strings.Split(path, ".")); err != nil {
		return nil, err
	}
	return yaml.Marshal(root)
}

// setter sets one field.
type setter struct {
	schema Schema
	path   string
	value  *yaml.Node
	blocks map[string]bool
}

func (s *setter) fail(format string, args ...any) error {
	return fmt.Errorf("%s: %s", s.path, fmt.Sprintf(format, args...))
}

// pair returns the value of a key of a mapping; nil if there is none.
func pair(m *yaml.Node, key string) *yaml.Node {
	for i := 0; m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

// word returns a scalar.
func word(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// empty tells whether a node holds nothing.
func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" || n.Kind == 0 }

// replace makes n what v is.
func replace(n, v *yaml.Node) {
	head, line := n.HeadComment, n.LineComment
	*n = *v
	n.HeadComment, n.LineComment = head, line
}

// section sets a field below a mapping whose keys are attributes.
func (s *setter) section(m *yaml.Node, attrs []Attr, path []string) error {
	switch {
	case m.Kind == yaml.AliasNode:
		return s.fail("it is written as an alias of another place: write it out, or set it there")
	case empty(m):
		*m = yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	case m.Kind != yaml.MappingNode:
		return s.fail("%q is no mapping", m.Value)
	}
	n := pair(m, path[0])
	if n == nil {
		n = &yaml.Node{}
		m.Content = append(m.Content, word(path[0]), n)
	}
	if len(path) == 1 {
		replace(n, s.value)
		return nil
	}
	i := slices.IndexFunc(attrs, func(a Attr) bool { return a.Name == path[0] })
	if i < 0 {
		return s.unknown(path[0], attrs)
	}
	return s.attr(n, &attrs[i], path[1:])
}

// unknown is the error of a key that is none.
func (s *setter) unknown(key string, attrs []Attr) error {
	var names []string
	for _, a := range attrs {
		names = append(names, a.Name)
	}
	return s.fail("there is no %q; there are %s", key, strings.Join(names, ", "))
}

// attr sets a field below the value of an attribute.
func (s *setter) attr(n *yaml.Node, a *Attr, path []string) error {
	if n.Kind == yaml.AliasNode {
		return s.fail("%s is written as an alias of another place: write it out, or set it there", a.Name)
	}
	switch a.Type {
	case Nodes:
		return s.node(n, a.Family, nil, path)
	case Section:
		if k := a.Section; k.Short != "" && n.Kind != yaml.MappingNode && !empty(n) {
			lengthen(n, k.Short)
		}
		return s.section(n, a.Section.Attrs, path)
	case NodeList, Layers, SectionList:
		return s.item(n, a, path)
	case Blocks:
		if b := pair(n, path[0]); b != nil && len(path) > 1 {
			return s.item(b, &Attr{Name: path[0], Type: Layers}, path[1:])
		}
		return s.fail("there is no block %q", path[0])
	}
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(n.Content) && len(path) == 1 {
			replace(n.Content[i], s.value)
			return nil
		}
		return s.fail("%s has %d values, from 0 on", a.Name, len(n.Content))
	}
	return s.fail("%s holds no %q", a.Name, path[0])
}

// lengthen makes of a value in short form the mapping that it stands for.
func lengthen(n *yaml.Node, key string) {
	v := *n
	*n = yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: []*yaml.Node{word(key), &v}}
}

// item sets a field of one of a list.
func (s *setter) item(n *yaml.Node, a *Attr, path []string) error {
	if n.Kind != yaml.SequenceNode {
		return s.fail("%s is no list", a.Name)
	}
	names := s.names(n, a)
	i := slices.Index(names, path[0])
	if i < 0 {
		if k, err := strconv.Atoi(path[0]); err == nil && k >= 0 && k < len(names) {
			i = k
		} else {
			return s.fail("no entry of %s is called %q; there are %s", a.Name, path[0], strings.Join(names, ", "))
		}
	}
	at := n.Content[i]
	if len(path) == 1 {
		replace(at, s.value)
		return nil
	}
	switch a.Type {
	case Layers:
		return s.node(at, LayerFamily, layerAttrs, path[1:])
	case NodeList:
		return s.node(at, a.Family, nil, path[1:])
	}
	if a.Section.Short != "" && at.Kind == yaml.ScalarNode {
		lengthen(at, a.Section.Short)
	}
	return s.section(at, a.Section.Attrs, path[1:])
}

// names returns what the entries of a list are called: layers that have no name by kind and counter.
func (s *setter) names(n *yaml.Node, a *Attr) []string {
	names := make([]string, len(n.Content))
	kinds := make([]string, len(n.Content))
	taken := map[string]bool{}
	for i, it := range n.Content {
		arg := it
		if a.Type != SectionList {
			kinds[i] = it.Value
			if it.Kind == yaml.MappingNode && len(it.Content) == 2 {
				kinds[i], arg = it.Content[0].Value, it.Content[1]
			}
		}
		if v := pair(arg, "name"); v != nil {
			names[i] = v.Value
		} else if a.Type == SectionList && it.Kind == yaml.ScalarNode {
			names[i] = it.Value
		} else if a.Type == NodeList {
			names[i] = kinds[i]
		}
		taken[Ident(names[i])] = names[i] != ""
	}
	if a.Type != Layers {
		return names
	}
	counter := map[string]int{}
	for i, kind := range kinds {
		for names[i] == "" {
			counter[kind]++
			if name := fmt.Sprintf("%s%d", kind, counter[kind]); !taken[Ident(name)] {
				names[i] = name
			}
		}
	}
	return names
}

// node sets a field below a use of a kind: adam, {adam: {…}}, or {dropout: 0.5}.
func (s *setter) node(n *yaml.Node, f Family, extra []Attr, path []string) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return s.fail("it is written as an alias of another place: write it out, or set it there")
	case empty(n) && f == OptimizerFamily && s.schema.Kind(f, path[0]) == nil:
		replace(n, word("adam")) // the default
	case empty(n):
		if s.schema.Kind(f, path[0]) == nil {
			return s.fail("there is none yet: begin with its kind, one of %s", strings.Join(s.schema.names(f), ", "))
		}
		replace(n, word(path[0]))
	}
	if n.Kind == yaml.ScalarNode {
		v := *n
		*n = yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle,
			Content: []*yaml.Node{&v, {Kind: yaml.ScalarNode, Tag: "!!null"}}}
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return s.fail("it is no word, and no mapping with one key")
	}
	name, arg := n.Content[0].Value, n.Content[1]
	k := s.schema.Kind(f, name)
	if k == nil && f == LayerFamily && s.blocks[name] {
		b := blockKind(name)
		k = &b
	}
	if k == nil {
		return s.fail("%q is no kind of %s", name, f.noun())
	}
	attrs := append(slices.Clone(k.Attrs), extra...)
	if path[0] == name {
		if path = path[1:]; len(path) == 0 {
			replace(arg, s.value)
			return nil
		}
	} else if s.schema.Kind(f, path[0]) != nil && !slices.ContainsFunc(attrs,
		func(a Attr) bool { return a.Name == path[0] }) {
		return s.fail("it is %s, not %s", name, path[0])
	}
	if arg.Kind != yaml.MappingNode && !empty(arg) || k.Short != "" && s.short(k, arg) {
		if k.Short == "" {
			return s.fail("%s takes a mapping", name)
		}
		lengthen(arg, k.Short)
	}
	if arg.Kind == yaml.AliasNode {
		return s.fail("it is written as an alias of another place: write it out, or set it there")
	}
	return s.section(arg, attrs, path)
}

// short tells whether a mapping is the value of a kind in short form, such as {lstm: {units: 8}} of bidirectional: that
// of an attribute that takes kinds itself, under none of the names of the kind's attributes.
func (s *setter) short(k *Kind, arg *yaml.Node) bool {
	i := slices.IndexFunc(k.Attrs, func(a Attr) bool { return a.Name == k.Short })
	return arg.Kind == yaml.MappingNode && len(arg.Content) == 2 && i >= 0 && k.Attrs[i].Type == Nodes &&
		s.schema.Kind(k.Attrs[i].Family, arg.Content[0].Value) != nil
}
