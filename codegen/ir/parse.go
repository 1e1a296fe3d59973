package ir

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Parse reads a graph from its text form. Parameters get the shape, and the name, that their node
// shows; what the text form does not hold (initialisers, places in memory) is left empty.
func Parse(src string) (*Graph, error) {
	p := &parser{values: map[string]*Value{}, params: map[string]*Param{}}
	for i, line := range strings.Split(src, "\n") {
		text, place, _ := strings.Cut(line, ";")
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		if err := p.line(text, strings.TrimSpace(place)); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if p.b == nil {
		return nil, fmt.Errorf("no graph line")
	}
	return p.b.Graph, nil
}

type parser struct {
	b      *Builder
	values map[string]*Value
	params map[string]*Param
}

func (p *parser) line(text, place string) error {
	f := strings.Fields(text)
	if f[0] == "graph" {
		if len(f) != 2 {
			return fmt.Errorf("want: graph <name>")
		}
		p.b = NewBuilder(f[1])
		return nil
	}
	if p.b == nil {
		return fmt.Errorf("no graph line before %q", text)
	}
	g := p.b.Graph
	switch {
	case f[0] == "loss" && len(f) == 2:
		v, err := p.value(f[1])
		g.Losses = append(g.Losses, v)
		return err
	case f[0] == "gradient" && len(f) == 3:
		v, err := p.value(f[2])
		g.Grads = append(g.Grads, Grad{Param: p.params[f[1]], Value: v})
		return err
	case f[0] == "output" && len(f) == 3:
		v, err := p.value(f[2])
		g.Outputs = append(g.Outputs, Output{Name: f[1], Value: v})
		return err
	case f[0] == "input_gradient" && len(f) == 3:
		v, err := p.value(f[2])
		g.InGrads = append(g.InGrads, Output{Name: f[1], Value: v})
		return err
	}
	return p.node(text, place)
}

func (p *parser) value(name string) (*Value, error) {
	v := p.values[name]
	if v == nil {
		return nil, fmt.Errorf("no value %s before this line", name)
	}
	return v, nil
}

var valueName = regexp.MustCompile(`^v[0-9]+$`)

// node reads v1, v2 = prim.f args @param attr=value … shape, shape.
func (p *parser) node(text, place string) error {
	left, right, ok := strings.Cut(text, " = ")
	if !ok {
		return fmt.Errorf("%q is neither a node nor a result", text)
	}
	f := strings.Fields(right)
	n := &Node{}
	if n.Prim, n.F = lookup(f[0]); n.Prim == nil {
		return fmt.Errorf("no primitive %q", f[0])
	}
	p.b.Layer = place[strings.LastIndex(place, " ")+1:]
	n.Layer = p.b.Layer
	var shapes []string
	for _, word := range f[1:] {
		name, value, isAttr := strings.Cut(word, "=")
		switch {
		case isAttr:
			n.Attrs = append(n.Attrs, Attr{name, attrValue(name, value)})
		case word[0] == '@':
			n.Param = p.params[word[1:]]
		case valueName.MatchString(word):
			v, err := p.value(word)
			if err != nil {
				return err
			}
			n.Args = append(n.Args, v)
		case word[0] == '[':
			// a slot, which plan-buffers would give again
		default:
			shapes = append(shapes, strings.TrimSuffix(word, ","))
		}
	}
	if n.Prim == ParamPrim {
		if len(shapes) != 1 {
			return fmt.Errorf("a param needs its shape")
		}
		shape, err := ParseShape(shapes[0])
		if err != nil {
			return err
		}
		n.Param = &Param{Name: n.Text("name"), Shape: shape}
		p.params[n.Param.Name] = n.Param
		p.b.Graph.Params = append(p.b.Graph.Params, n.Param)
	}
	got, err := n.Prim.Infer(n)
	if err != nil {
		return err
	}
	for i, s := range shapes {
		if i >= len(got) || got[i].String() != s {
			return fmt.Errorf("%s gives %v, the line says %v", n.Name(), got, shapes)
		}
	}
	p.b.Append(n)
	for i, name := range strings.Split(left, ", ") {
		if i >= len(n.Results) {
			return fmt.Errorf("%s has %d results, the line names more", n.Name(), len(n.Results))
		}
		p.values[strings.TrimSpace(name)] = n.Results[i]
	}
	return nil
}

// lookup finds a primitive by its name in the text form: name, or name.function.
func lookup(name string) (*Prim, string) {
	for _, p := range table {
		if p.Name == name && len(p.F) == 0 && !p.AnyF {
			return p, ""
		}
		if f, ok := strings.CutPrefix(name, p.Name+"."); ok && (len(p.F) > 0 || p.AnyF) {
			return p, f
		}
	}
	return nil, ""
}

// attrValue reads the value of an attribute; those that are words stay words, whatever they look like.
func attrValue(name, s string) any {
	switch name {
	case "name", "fold", "shape", "epilogue", "act", "args":
		return s
	}
	if i, err := strconv.Atoi(s); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	if s == "true" || s == "false" {
		return s == "true"
	}
	return s
}
