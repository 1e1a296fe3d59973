package ir

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Parse reads a graph from its text form. Parameters get the shape, and the name, that their node
// shows; what the text form does not hold (initialisers, places in memory) is left empty.
func Parse(src string) (*Graph, error) {
	p := &parser{values: map[string]*Value{}, params: map[string]*Param{}, slots: map[int]*Slot{}}
	for i, line := range strings.Split(src, "\n") {
		text, place, _ := strings.Cut(line, ";")
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		// One space stands before a place, whose file may begin with others.
		if err := p.line(text, strings.TrimRight(strings.TrimPrefix(place, " "), " \r")); err != nil {
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
	slots  map[int]*Slot
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
	case f[0] == "stream" && len(f) == 2:
		steps, err := strconv.Atoi(f[1])
		g.Stream = steps
		return err
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
	p.place(n, place)
	var shapes []string
	slots := map[int]int{} // numbers of slots, by the results that are in them
	for _, word := range f[1:] {
		name, value, isAttr := strings.Cut(word, "=")
		switch {
		case isAttr:
			if err := p.attr(n, name, value); err != nil {
				return err
			}
		case word[0] == '@':
			n.Param = p.params[word[1:]]
		case valueName.MatchString(word):
			v, err := p.value(word)
			if err != nil {
				return err
			}
			n.Args = append(n.Args, v)
		case word[0] == '[':
			id, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(word, ","), "[s"), "]"))
			if err != nil {
				return fmt.Errorf("%q is no slot", word)
			}
			slots[len(shapes)-1] = id
		default:
			shapes = append(shapes, strings.TrimSuffix(word, ","))
		}
	}
	if n.Prim == ParamPrim {
		if len(shapes) != 1 {
			return fmt.Errorf("a param needs its shape")
		}
		shape, err := parseShape(shapes[0])
		if err != nil {
			return err
		}
		if n.Param, err = paramOf(n, shape); err != nil {
			return err
		}
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
	for i, id := range slots {
		p.slot(n.Results[i], id)
	}
	return nil
}

// attr reads an attribute, of the type that the row says.
func (p *parser) attr(n *Node, name, value string) error {
	typ := n.Prim.attr(name)
	if typ == nil {
		return fmt.Errorf("primitive %s has no attribute %s", n.Prim.Name, name)
	}
	v, err := typ.parse(value)
	if err != nil || !typ.has(v) {
		return fmt.Errorf("attribute %s of %s can't be %q", name, n.Prim.Name, value)
	}
	n.Attrs = append(n.Attrs, Attr{name, v})
	return nil
}

// placed is the place of a node in the spec, and its layer.
var placed = regexp.MustCompile(`^(.*):([0-9]+)(?: (.*))?$`)

// place reads where a node comes from: digits.yaml:9 h1, with the name of the file escaped as String escapes it.
func (p *parser) place(n *Node, place string) {
	n.Layer = place
	if at := placed.FindStringSubmatch(place); at != nil {
		n.Pos.File, n.Layer = at[1], at[3]
		if file, err := strconv.Unquote(`"` + strings.ReplaceAll(at[1], `"`, `\"`) + `"`); err == nil {
			n.Pos.File = file
		}
		n.Pos.Line, _ = strconv.Atoi(at[2])
	}
}

// paramOf returns the parameter that a node describes.
func paramOf(n *Node, shape Shape) (*Param, error) {
	p := &Param{Name: n.Text("name"), Shape: shape, Pos: n.Pos}
	if role := n.Text("role"); role != "" {
		i := slices.Index(roles[:], role)
		if i < 0 {
			return nil, fmt.Errorf("no role %q", role)
		}
		p.Role = Role(i)
	}
	if m, err := parseShape(n.Text("matrix")); err == nil && len(m) == 2 {
		p.In, p.Out = m[0], m[1]
	}
	return p, nil
}

// slot puts a value in the slot of a number.
func (p *parser) slot(v *Value, id int) {
	s := p.slots[id]
	if s == nil {
		s = &Slot{ID: id, PerRow: v.Shape.Batched()}
		p.slots[id] = s
		p.b.Graph.Slots = append(p.b.Graph.Slots, s)
	}
	s.Size = max(s.Size, v.Shape.Size())
	s.Values = append(s.Values, v)
	v.Place, v.Slot = InSlot, s
}

// lookup finds a primitive by its name in the text form: name, or name.function.
func lookup(name string) (*Prim, string) {
	for _, p := range table {
		if p.Name == name && len(p.F) == 0 && !p.AnyF {
			return p, ""
		}
		if p.names(name) {
			return p, name[len(p.Name)+1:]
		}
	}
	return nil, ""
}
