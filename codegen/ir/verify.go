package ir

import (
	"fmt"
	"slices"
	"strings"
)

// Verify checks that a graph is well-formed: each node comes after those whose results it reads, its
// arguments and functions fit its primitive, its results have the shapes that the row says, and all
// results of the graph are made by it.
func Verify(g *Graph) error {
	made := map[*Value]bool{}
	for _, n := range g.Nodes {
		if err := verifyNode(n, made); err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
		for i, r := range n.Results {
			if r.Def != n || r.Index != i {
				return fmt.Errorf("%s: result %d belongs to another node", n, i)
			}
			made[r] = true
		}
	}
	for _, v := range g.Results() {
		if !made[v] {
			return fmt.Errorf("result %s is made by no node", v)
		}
	}
	for _, d := range g.Grads {
		if d.Value.Shape.Batched() || d.Value.Shape.Size() != d.Param.Shape.Size() {
			return fmt.Errorf("gradient %s of %s is %s, want %s", d.Value, d.Param.Name, d.Value.Shape, d.Param.Shape)
		}
	}
	return nil
}

func verifyNode(n *Node, made map[*Value]bool) error {
	for _, a := range n.Args {
		if !made[a] {
			return fmt.Errorf("reads %s, which no node before it makes", a)
		}
		if a.DType() != Float32 && !n.Prim.Integer && !n.Prim.View {
			return fmt.Errorf("reads %s, whose numbers are of type %s", a, a.DType())
		}
	}
	if n.Prim.Args >= 0 && len(n.Args) != n.Prim.Args || n.Prim.Args < 0 && len(n.Args) == 0 {
		return fmt.Errorf("has %d arguments, want %d", len(n.Args), n.Prim.Args)
	}
	for i, a := range n.Attrs {
		switch typ := n.Prim.attr(a.Name); {
		case typ == nil:
			return fmt.Errorf("primitive %s has no attribute %s", n.Prim.Name, a.Name)
		case !typ.has(a.V):
			return fmt.Errorf("attribute %s is %#v, of another type than the row says", a.Name, a.V)
		case slices.ContainsFunc(n.Attrs[:i], func(b Attr) bool { return b.Name == a.Name }):
			return fmt.Errorf("attribute %s is there twice", a.Name)
		}
	}
	for _, a := range n.Prim.Attrs {
		if name, typ, _ := strings.Cut(a, " "); !strings.HasSuffix(typ, "?") && n.Attr(name) == nil {
			return fmt.Errorf("attribute %s of primitive %s is missing", name, n.Prim.Name)
		}
	}
	if !hasFunction(n) {
		return fmt.Errorf("primitive %s has no function %q", n.Prim.Name, n.F)
	}
	if f := n.applied(); f != nil && f.Alpha != (n.Attr("alpha") != nil) {
		return fmt.Errorf("attribute alpha is there: %t, but whether function %s has a parameter: %t", !f.Alpha, f.Name,
			f.Alpha)
	}
	shapes, err := n.Prim.Infer(n)
	if err != nil {
		return err
	}
	if len(shapes) != len(n.Results) {
		return fmt.Errorf("has %d results, want %d", len(n.Results), len(shapes))
	}
	for i, s := range shapes {
		if s.Size() != n.Results[i].Shape.Size() || s.Batched() != n.Results[i].Shape.Batched() {
			return fmt.Errorf("result %s is %s, want %s", n.Results[i], n.Results[i].Shape, s)
		}
	}
	return nil
}

// applied returns the function of single elements that a node applies; nil for none.
func (n *Node) applied() *Func {
	name := n.Text("act")
	if n.Prim == MapPrim || n.Prim == GradPrim {
		name = n.F
	}
	at := slices.IndexFunc(functions, func(f Func) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	return &functions[at]
}

func hasFunction(n *Node) bool {
	if n.Prim.AnyF {
		return n.F != ""
	}
	if len(n.Prim.F) == 0 {
		return n.F == ""
	}
	return slices.Contains(n.Prim.F, n.F)
}
