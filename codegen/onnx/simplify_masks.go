package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// The patterns of this file are those of masks, and of norms that have a least length.

// normalized is x/max(‖x‖, ε) over one axis, as the exporters of PyTorch and of nngen write it: with Max or Clip, and
// the lengths stretched to the shape of x or not.
func normalized(m *matcher, n *Node) *Node {
	if n.Op != "Div" || len(n.In) != 2 {
		return nil
	}
	below := n.in(1)
	if e := m.made(below, "Expand"); e != nil {
		below = e.in(0)
	}
	length, epsilon := m.made(below, "Max"), 0.0
	var norm *Node
	switch {
	case length != nil:
		var name string
		norm, name = m.either(length, "ReduceL2")
		v, ok := m.number(name)
		if !ok {
			return nil
		}
		epsilon = v
	default:
		clip := m.made(below, "Clip")
		if clip == nil || clip.in(2) != "" || clip.attr("max") != nil {
			return nil
		}
		v, ok := m.number(clip.in(1))
		if !ok {
			v = clip.float("min", 0)
		}
		norm, epsilon = m.made(clip.in(0), "ReduceL2"), v
	}
	if norm == nil || norm.in(0) != n.in(0) || norm.int("keepdims", 1) == 0 || !(epsilon >= 1e-18) {
		return nil
	}
	over := m.axesOf(norm)
	if over == nil || len(over.Ints) != 1 {
		return nil
	}
	return single("UnitNorm", n.in(0), over, &Attr{Name: "epsilon", F: epsilon, IsFloat: true})
}

// unitNormOf is the row of that pattern.
func unitNormOf(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	over, err := axesOf(n.ints("axes"), len(x.axes))
	if err != nil {
		return nil, err
	}
	y, err := im.unitNorm(n, x, x.axes[over[0]])
	if err != nil {
		return nil, err
	}
	if e := rounded(n.float("epsilon", 0)); e != 1e-12 {
		y.layer.set("epsilon", e)
	}
	return one(y, nil)
}

// mask returns what a condition x > ½ of a masked operator tells of: a number for each step.
func (m *matcher) mask(name string) string {
	if g := m.made(name, "Greater"); g != nil && m.isNumber(g.in(1), 0.5) {
		return g.in(0)
	}
	return ""
}

// stepwise returns the mask n×t that a condition n×t×1 is made of.
func (m *matcher) stepwise(name string) string {
	u := m.made(name, "Unsqueeze")
	if u == nil || !slices.Equal(m.listOf(u, 1, "axes"), []int64{-1}) {
		return ""
	}
	return m.mask(u.in(0))
}

// listOf returns whole numbers that are an input of a node or one of its attributes.
func (m *matcher) listOf(n *Node, input int, attr string) []int64 {
	if a := n.attr(attr); a != nil {
		return a.Ints
	}
	return m.list(n.in(input))
}

// overSteps tells whether a node reduces axis 1 of what it reads and drops it.
func (m *matcher) overSteps(n *Node) bool {
	return n != nil && n.int("keepdims", 1) == 0 && slices.Equal(m.listOf(n, 1, "axes"), []int64{1})
}

// count returns the mask whose kept steps a value counts.
func (m *matcher) count(name string) string {
	sum := m.made(name, "ReduceSum")
	if !m.overSteps(sum) {
		return ""
	}
	if c := m.made(sum.in(0), "Cast"); c != nil {
		return m.stepwise(c.in(0))
	}
	return ""
}

// keptSteps finds in a Where the steps of x that a mask keeps, with a number in place of the others.
func (m *matcher) keptSteps(name string) (x, mask string, filled float64) {
	w := m.made(name, "Where")
	if w == nil {
		return "", "", 0
	}
	v, ok := m.number(w.in(2))
	if mask = m.stepwise(w.in(0)); !ok || mask == "" {
		return "", "", 0
	}
	return w.in(1), mask, v
}

// maskedMean is the mean of the steps that a mask keeps, 0 where it keeps none.
func maskedMean(m *matcher, n *Node) *Node {
	if n.Op != "Div" {
		return nil
	}
	sum := m.made(n.in(0), "ReduceSum")
	if !m.overSteps(sum) {
		return nil
	}
	x, mask, filled := m.keptSteps(sum.in(0))
	most := m.made(n.in(1), "Max")
	if x == "" || filled != 0 || most == nil || !m.isNumber(most.in(1), 1) || m.count(most.in(0)) != mask {
		return nil
	}
	return &Node{Op: "MaskedMean", Domain: internal, In: []string{x, mask}}
}

// maskedMax is the largest of the steps that a mask keeps, 0 where it keeps none.
func maskedMax(m *matcher, n *Node) *Node {
	if n.Op != "Where" || !m.zero(n.in(2)) {
		return nil
	}
	some, most := m.made(n.in(0), "Greater"), m.made(n.in(1), "ReduceMax")
	if some == nil || !m.zero(some.in(1)) || !m.overSteps(most) {
		return nil
	}
	x, mask, filled := m.keptSteps(most.in(0))
	if x == "" || filled > lowest || m.count(some.in(0)) != mask {
		return nil
	}
	return &Node{Op: "MaskedMax", Domain: internal, In: []string{x, mask}}
}

// maskedPool is the row of those patterns.
func maskedPool(what string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		mask, err := im.activated(n, in, 1)
		if err != nil {
			return nil, err
		}
		if len(x.axes) != 3 || !x.batchFirst() || len(mask.axes) != 2 || !mask.batchFirst() ||
			x.axes.extents()[1] != mask.axes.extents()[1] {
			return nil, fmt.Errorf("the steps of %s that a mask %s keeps: want n×steps×features and n×steps", x.axes, mask.axes)
		}
		x = im.aligned(n, x, x.axes[1:])
		l := im.add(n, fmt.Sprintf("global_%s_pool1d", what), x.layer, im.aligned(n, mask, mask.axes[1:]).layer)
		return one(&value{layer: l, axes: axes{x.axes[0], x.axes[2]}, store: axes{x.axes[2]}, scale: 1}, nil)
	}
}

// maskingSteps is 1 for the steps of which some feature is not the value of padding.
func maskingSteps(m *matcher, n *Node) *Node {
	if n.Op != "ReduceMax" || n.int("keepdims", 1) != 0 || !slices.Equal(m.listOf(n, 1, "axes"), []int64{-1}) {
		return nil
	}
	cast := m.made(n.in(0), "Cast")
	if cast == nil {
		return nil
	}
	other := m.made(cast.in(0), "Not")
	if other == nil {
		return nil
	}
	equal := m.made(other.in(0), "Equal")
	if equal == nil {
		return nil
	}
	v, ok := m.number(equal.in(1))
	if !ok {
		return nil
	}
	return single("Masking", equal.in(0), &Attr{Name: "mask_value", F: v, IsFloat: true})
}

// masking is the row of that pattern.
func masking(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if len(x.axes) != 3 || !x.batchFirst() {
		return nil, fmt.Errorf("its input is %s, want n×steps×features", x.axes)
	}
	if x.whole {
		return nil, errors.New("whole numbers are compared with padding: a mask of features is imported")
	}
	x = im.aligned(n, x, x.axes[1:])
	l := im.add(n, "masking", x.layer)
	if v := rounded(n.float("mask_value", 0)); v != 0 {
		l.set("mask_value", v)
	}
	return one(&value{layer: l, axes: x.axes[:2], store: x.axes[1:2], scale: 1, positive: true, bits: true}, nil)
}
