package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// Function is an operator that the model defines by nodes of others.
type Function struct {
	Name, Domain, Overload string
	In, Out                []string
	Nodes                  []*Node
	Defaults               []*Attr // of attributes that a use may leave out
	Opsets                 map[string]int64
}

// maxNodes bounds the nodes of a graph once functions are written out: functions that call others twice grow fast.
const maxNodes = 1 << 16

// inlined writes the functions of the model out, one inside of another.
func (m *Model) inlined(nodes []*Node) ([]*Node, error) {
	if len(m.Functions) == 0 {
		return nodes, nil
	}
	var out []*Node
	count := 0
	var write func(n *Node, depth int) error
	write = func(n *Node, depth int) error {
		f := m.function(n)
		if f == nil {
			out = append(out, n)
			return nil
		}
		if depth > maxDepth {
			return fmt.Errorf("%s: functions call one another more than %d deep", n, maxDepth)
		}
		count++
		body, err := f.body(n, fmt.Sprintf("%s#%d.", f.Name, count))
		if err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
		if len(out)+len(body) > maxNodes {
			return fmt.Errorf("its functions written out have more than %d nodes", maxNodes)
		}
		for _, b := range body {
			if err := write(b, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	for _, n := range nodes {
		if err := write(n, 0); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// function returns what defines a node's operator, unless it has a row of its own.
func (m *Model) function(n *Node) *Function {
	if known(n) {
		return nil
	}
	for _, f := range m.Functions {
		if f.Name == n.Op && f.Domain == n.Domain && f.Overload == n.Overload {
			return f
		}
	}
	return nil
}

// known tells whether an operator is read, as a layer or as arithmetic on constants.
func known(n *Node) bool {
	if n.Domain != "" && n.Domain != "ai.onnx" && n.Domain != "ai.onnx.ml" && n.Domain != internal {
		return false
	}
	return operators[operatorOf(n)] != nil || computed(n.Op) || n.Op == "Constant"
}

// body returns the nodes of a function with the names that a use of it gives; those inside get a prefix.
func (f *Function) body(n *Node, prefix string) ([]*Node, error) {
	if len(n.In) > len(f.In) || len(n.Out) > len(f.Out) {
		return nil, fmt.Errorf("%d inputs and %d results of a function with %d and %d",
			len(n.In), len(n.Out), len(f.In), len(f.Out))
	}
	names := map[string]string{"": ""}
	for i, in := range f.In {
		names[in] = n.in(i)
	}
	for i, o := range f.Out {
		if i < len(n.Out) && n.Out[i] != "" {
			names[o] = n.Out[i]
		}
	}
	rename := func(s string) string {
		if to, ok := names[s]; ok {
			return to
		}
		return prefix + s
	}
	var out []*Node
	for _, b := range f.Nodes {
		c := *b
		c.In, c.Out, c.Attrs = mappedTexts(b.In, rename), mappedTexts(b.Out, rename), nil
		c.opset = f.Opsets[domainOf(b.Domain)]
		if c.Name == "" {
			c.Name = n.Name
		}
		for _, a := range b.Attrs {
			switch {
			case a.G != nil:
				return nil, fmt.Errorf("its node %s has a graph inside", b)
			case a.Ref == "":
				c.Attrs = append(c.Attrs, a)
				continue
			}
			given := n.attr(a.Ref)
			if given == nil {
				if i := slices.IndexFunc(f.Defaults, func(d *Attr) bool { return d.Name == a.Ref }); i >= 0 {
					given = f.Defaults[i]
				}
			}
			if given != nil {
				g := *given
				g.Name = a.Name
				c.Attrs = append(c.Attrs, &g)
			}
		}
		out = append(out, &c)
	}
	return out, nil
}

func mappedTexts(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return out
}

// readNames returns the names of the values that a node reads, those included that graphs inside of it take from
// around.
func (n *Node) readNames() []string {
	all := n.In
	for _, a := range n.Attrs {
		if a.G == nil {
			continue
		}
		inside := map[string]bool{}
		for _, t := range a.G.stored() {
			inside[t.Name] = true
		}
		for _, p := range a.G.Inputs {
			inside[p.Name] = true
		}
		for _, b := range a.G.Nodes {
			for _, o := range b.Out {
				inside[o] = true
			}
		}
		read := func(name string) {
			if name != "" && !inside[name] {
				all = append(slices.Clip(all), name)
			}
		}
		for _, b := range a.G.Nodes {
			for _, name := range b.readNames() {
				read(name)
			}
		}
		for _, p := range a.G.Outputs {
			read(p.Name)
		}
	}
	return all
}

// branch imports the nodes of the branch that an If takes, whose condition is known.
func branch(im *importer, n *Node, args []*value) ([]*value, error) {
	if args[0].konst == nil || len(args[0].konst.data) != 1 {
		return nil,
			errors.New("its condition depends on the input: export the model with the branch that is taken, such as by " +
				"torch.jit.trace")
	}
	name := "else_branch"
	if args[0].konst.data[0] != 0 {
		name = "then_branch"
	}
	a := n.attr(name)
	if a == nil || a.G == nil || len(a.G.Outputs) != len(n.Out) {
		return nil, fmt.Errorf("without a %s of %d results", name, len(n.Out))
	}
	if im.depth++; im.depth > maxDepth {
		return nil, errDeep
	}
	defer func() { im.depth-- }()
	var outputs []string
	for _, o := range a.G.Outputs {
		outputs = append(outputs, o.Name)
	}
	before, faults := im.nodes, len(im.errs)
	nodes, err := im.prepared(a.G, outputs)
	if err != nil {
		return nil, err
	}
	for value, count := range readers(nodes, outputs) {
		im.reads[value] += count
	}
	im.nodes = slices.Concat(before, nodes)
	for _, b := range nodes {
		im.node(b)
	}
	im.nodes = before
	if len(im.errs) > faults {
		return nil, errInside
	}
	var out []*value
	for _, o := range outputs {
		v := im.values[o]
		if v == nil {
			return nil, fmt.Errorf("its %s gives no %q", name, o)
		}
		out = append(out, v)
	}
	return out, nil
}

// errInside says that the faults are those of nodes inside, which are told already.
var errInside = errors.New("nodes inside of it can't be imported")
