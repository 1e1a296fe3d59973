package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// A recurrent layer with a mask is written as exporter.sorted says: the kept steps moved to the front, the operator
// with their number as the lengths, and what it gives moved back. The patterns of this file read that as one layer
// again.

// maskedCell is such an operator with what it reads.
type maskedCell struct {
	node *Node
	x    string // n×t×f, in its own order
	mask string // n×t
	kept string // the mask as whole numbers
}

// maskedCellOf returns the operator that gives a value, if the steps of a mask alone go into it.
func (m *matcher) maskedCellOf(name string) *maskedCell {
	n := m.maker[name]
	if n == nil || cells[n.Op].kind == "" || n.Domain != "" || n.int("layout", 0) != 0 || n.in(4) == "" {
		return nil
	}
	count := m.made(m.cast(n.in(4)), "ReduceSum")
	turned := m.made(n.in(0), "Transpose")
	if count == nil || turned == nil || !slices.Equal(turned.ints("perm"), []int{1, 0, 2}) {
		return nil
	}
	c := &maskedCell{node: n, kept: count.in(0)}
	gathered := m.made(turned.in(0), "GatherElements")
	if c.mask = m.mask(m.cast(c.kept)); c.mask == "" || gathered == nil || gathered.int("axis", 0) != 1 {
		return nil
	}
	order := m.made(m.stretched(gathered.in(1)), "TopK")
	if order == nil || order.Out[1] != m.stretched(gathered.in(1)) || order.int("largest", 1) != 0 ||
		!m.keptFirst(order.in(0), c.kept) {
		return nil
	}
	c.x = gathered.in(0)
	return c
}

// cast returns what a Cast reads; "" if another operator gives the value.
func (m *matcher) cast(name string) string {
	if c := m.made(name, "Cast"); c != nil {
		return c.in(0)
	}
	return ""
}

// stretched returns the n×t numbers that are repeated for each feature; "" if the value is something else.
func (m *matcher) stretched(name string) string {
	e := m.made(name, "Expand")
	if e == nil {
		return ""
	}
	u := m.made(e.in(0), "Unsqueeze")
	if u == nil || !slices.Equal(m.listOf(u, 1, "axes"), []int64{-1}) {
		return ""
	}
	return u.in(0)
}

// keptFirst tells whether keys are the places of the steps, greater by t for those that are not kept: (1 − kept)·t +
// (0, 1, …).
func (m *matcher) keptFirst(keys, kept string) bool {
	sum := m.made(keys, "Add")
	if sum == nil {
		return false
	}
	late := m.made(sum.in(0), "Mul")
	places := m.list(sum.in(1))
	if late == nil || len(places) == 0 || !slices.Equal(m.list(late.in(1)), []int64{int64(len(places))}) {
		return false
	}
	for i, p := range places {
		if p != int64(i) {
			return false
		}
	}
	rest := m.made(late.in(0), "Sub")
	return rest != nil && rest.in(1) == kept && slices.Equal(m.list(rest.in(0)), []int64{1})
}

// sequence returns the operator whose outputs, n×t×units, a value holds.
func (m *matcher) sequence(name string) *maskedCell {
	t := m.made(name, "Transpose")
	if t == nil || !slices.Equal(t.ints("perm"), []int{1, 0, 2}) {
		return nil
	}
	s := m.made(t.in(0), "Squeeze")
	if s == nil || !slices.Equal(m.listOf(s, 1, "axes"), []int64{1}) {
		return nil
	}
	c := m.maskedCellOf(s.in(0))
	if c == nil || s.in(0) != c.node.Out[0] {
		return nil
	}
	return c
}

// replacement is the node of a pattern that gives a part of what a masked operator does: its outputs, or its cells.
func (c *maskedCell) replacement(part string) *Node {
	n := c.node
	in := []string{c.x, n.in(1), n.in(2), n.in(3), "", n.in(5), n.in(6), c.mask}
	attrs := append(slices.Clone(n.Attrs), wordAttr("operator", n.Op), wordAttr("of", n.Out[0]), wordAttr("part", part))
	return &Node{Op: "MaskedSteps", Domain: internal, In: in, Attrs: attrs}
}

// maskedSteps are the outputs of a masked recurrent layer.
func maskedSteps(m *matcher, n *Node) *Node {
	if n.Op != "GatherElements" || n.int("axis", 0) != 1 {
		return nil
	}
	all, index := m.made(n.in(0), "Concat"), m.stretched(n.in(1))
	if all == nil || len(all.In) != 2 || index == "" {
		return nil
	}
	if c := m.sequence(all.In[1]); c != nil && c.node.word("direction", "forward") == "forward" &&
		m.counted(index, c.kept) {
		return c.replacement("y")
	}
	c, choice := m.sequence(all.In[0]), m.made(index, "Where")
	if c == nil || choice == nil || c.node.word("direction", "forward") != "reverse" {
		return nil
	}
	if next := m.made(choice.in(1), "Sub"); next != nil && next.in(1) == c.kept && m.counted(next.in(0), c.kept) {
		return c.replacement("y")
	}
	return nil
}

// counted tells whether a value says how many steps are kept up to each.
func (m *matcher) counted(name, kept string) bool {
	s := m.made(name, "CumSum")
	return s != nil && s.in(0) == kept && s.int("reverse", 0) == 0 && s.int("exclusive", 0) == 0
}

// maskedCells are the cells of a masked LSTM behind its last step, those before where no step is kept.
func maskedCells(m *matcher, n *Node) *Node {
	if n.Op != "Where" {
		return nil
	}
	s := m.made(n.in(1), "Squeeze")
	if s == nil {
		return nil
	}
	if c := m.maskedCellOf(s.in(0)); c != nil && len(c.node.Out) > 2 && s.in(0) == c.node.Out[2] {
		return c.replacement("c")
	}
	return nil
}

// recurrentWithMask is the row of those patterns: both parts are of one layer.
func recurrentWithMask(im *importer, n *Node, in []*value) ([]*value, error) {
	of := n.word("of", "")
	if im.maskedCells[of] == nil {
		y, err := im.maskedLayer(n, in)
		if err != nil {
			return nil, err
		}
		im.maskedCells[of] = y
	}
	y := im.maskedCells[of]
	if n.word("part", "") == "y" {
		return one(y, nil)
	}
	last := *y
	last.axes, last.store = axes{y.axes[0], y.axes[2]}, axes{y.axes[2]}
	last.layer = im.state(n, y.layer, "c")
	return one(&last, nil)
}

// maskedLayer makes a recurrent layer that reads a mask; its outputs are n×t×units.
func (im *importer) maskedLayer(n *Node, in []*value) (*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	mask, err := im.activated(n, in, 7)
	if err != nil {
		return nil, err
	}
	if len(x.axes) != 3 || !x.batchFirst() || len(mask.axes) != 2 || !mask.batchFirst() ||
		x.axes.extents()[1] != mask.axes.extents()[1] {
		return nil, fmt.Errorf("steps of %s that a mask %s keeps: want n×steps×features and n×steps", x.axes, mask.axes)
	}
	mask = im.aligned(n, mask, mask.axes[1:])
	attrs := slices.DeleteFunc(slices.Clone(n.Attrs), func(a *Attr) bool {
		return a.Name == "operator" || a.Name == "of" || a.Name == "part" || a.Name == "layout"
	})
	plain := &Node{Op: n.word("operator", ""), Name: n.Name, Out: n.Out, In: n.In[:7],
		Attrs: append(attrs, intAttr("layout", 1))}
	results, err := recurrent(im, plain, append([]*value{x}, in[1:7]...))
	if err != nil {
		return nil, err
	}
	y := *results[0]
	if y.layer.kind == "bidirectional" {
		return nil, errors.New("a mask with both directions in one operator: export a layer for each")
	}
	y.layer.in = slices.Insert(y.layer.in, 1, mask.layer)
	y.axes = axes{y.axes[0], y.axes[1], y.axes[3]}
	return &y, nil
}
