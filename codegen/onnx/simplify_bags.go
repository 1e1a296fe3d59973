package onnx

import "fmt"

// embeddingBagLoop is how PyTorch writes an EmbeddingBag of rows of n×t tokens: all of them in one list, which a Loop
// cuts at 0, t, 2t, …, to take for each bag the mean, sum or maximum of the rows of the table:
//
//	for i: Reduce(Gather(table, Slice(flat, cuts[i], cuts[i+1])), axes = 0)
func embeddingBagLoop(m *matcher, n *Node) *Node {
	body := n.attr("body")
	if n.Op != "Loop" || n.Domain != "" || body == nil || body.G == nil || len(body.G.Outputs) != 2 || len(n.Out) != 1 {
		return nil
	}
	inner := &matcher{maker: map[string]*Node{}, number: m.number, list: m.list, fixed: m.fixed}
	for _, b := range body.G.Nodes {
		for _, o := range b.Out {
			inner.maker[o] = b
		}
	}
	r := inner.maker[body.G.Outputs[1].Name]
	if r == nil || r.int("keepdims", 1) != 0 || !firstAxis(r, inner) {
		return nil
	}
	switch r.Op {
	case "ReduceMean", "ReduceSum", "ReduceMax":
	default:
		return nil
	}
	rows := inner.made(r.in(0), "Gather")
	if rows == nil || rows.int("axis", 0) != 0 || !m.fixed(rows.in(0)) {
		return nil
	}
	cut := inner.made(rows.in(1), "Slice")
	if cut == nil {
		return nil
	}
	flat := m.made(cut.in(0), "Reshape")
	if flat == nil || len(m.list(flat.in(1))) != 1 || m.list(flat.in(1))[0] != -1 {
		return nil
	}
	ok, fixed := m.cutsAtSteps(inner.made(cut.in(1), "Unsqueeze"), inner, flat.in(0))
	if !ok {
		return nil
	}
	made := &Node{Op: "EmbeddingBag", Domain: internal, In: []string{flat.in(0), rows.in(0)},
		Attrs: []*Attr{wordAttr("mode", r.Op)}}
	if fixed != nil {
		made.Attrs = append(made.Attrs, &Attr{Name: "cuts", Ints: fixed})
	}
	return made
}

// firstAxis tells whether a reduction is over the first axis alone.
func firstAxis(r *Node, m *matcher) bool {
	if a := r.ints("axes"); len(r.In) == 1 {
		return len(a) == 1 && a[0] == 0
	}
	c := m.made(r.in(1), "Constant")
	if c == nil || c.attr("value") == nil || c.attr("value").T == nil {
		return false
	}
	a, err := c.attr("value").T.load(nil)
	return err == nil && len(a.data) == 1 && a.data[0] == 0
}

// cutsAtSteps tells whether the start of a cut is one of 0, t, 2t, … for x of n×t. Of a model whose batch is baked in
// the starts are constants, which are returned: whether they are those is not known before the shape of x is.
func (m *matcher) cutsAtSteps(start *Node, inner *matcher, x string) (ok bool, fixed []int64) {
	if start == nil {
		return false, nil
	}
	chosen := inner.made(start.in(0), "Gather")
	if chosen == nil {
		return false, nil
	}
	cuts := m.made(chosen.in(0), "Concat")
	if cuts == nil {
		return false, nil
	}
	if fixed = m.list(cuts.in(0)); len(fixed) > 0 {
		return true, fixed
	}
	steps := m.made(cuts.in(0), "Range")
	if steps == nil || !m.isNumber(steps.in(0), 0) {
		return false, nil
	}
	name := steps.in(2)
	for range 2 {
		if c := m.made(name, "Cast"); c != nil {
			name = c.in(0)
		}
	}
	t := m.made(name, "Gather")
	if t == nil || !m.isNumber(t.in(1), 1) {
		return false, nil
	}
	shape := m.made(t.in(0), "Shape")
	return shape != nil && shape.in(0) == x, nil
}

// embeddingBag is the row of that pattern: the rows of a table that the tokens of an example choose, reduced.
func embeddingBag(im *importer, n *Node, in []*value) ([]*value, error) {
	if cuts := n.ints("cuts"); cuts != nil {
		dims := in[0].axes.extents()
		for i, at := range cuts {
			if len(dims) != 2 || len(cuts) != dims[0] || at != i*dims[1] {
				return nil, fmt.Errorf("bags that begin at %v of %s: each has the tokens of one example", cuts, in[0].axes)
			}
		}
	}
	rows, err := gather(im, &Node{Op: "Gather", Name: n.Name, Out: n.Out, In: []string{n.in(1), n.in(0)}},
		[]*value{in[1], in[0]})
	if err != nil {
		return nil, err
	}
	over := &value{konst: &array{dims: []int{1}, data: []float64{1}, whole: true}}
	return reduce(im, &Node{Op: n.word("mode", ""), Name: n.Name, Out: n.Out, In: []string{"", ""},
		Attrs: []*Attr{intAttr("keepdims", 0)}}, []*value{rows[0], over})
}
