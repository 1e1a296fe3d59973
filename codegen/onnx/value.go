package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// value is what is known of a value of the graph.
type value struct {
	konst *array // its numbers, if it is a constant
	layer *layer // that gives it otherwise
	axes  axes   // of the model's array
	store axes   // of the spec's array, without the batch
	scale float64
	// whole says that the elements are whole numbers of an input, bits that they are 0 or 1.
	whole, bits bool
	// ints says that the type of the elements is one of whole numbers, which are computed with as in float32, but for
	// quotients, which are cut off.
	ints      bool
	shared    bool   // others may read the layer without the pending factor
	words     bool   // an input of words, that nothing has encoded yet
	quantized bool   // between the halves of a pair that rounds
	heads     *heads // of what lies within an attention: see attention_heads.go
	label     *label // of what only tells the class: see labels.go
	// above is what a condition x > ½ compares: a mask that means the same.
	above *value
	// forbids is what a sum with scores of an attention would take from them: a number below all others where it is 1.
	forbids *value
	// also is a constant that it would add besides, such as the mask of a causal attention; nil for none.
	also *array
	// narrow is the value before it was stretched to this shape, for masks.
	narrow *value
	// positive says that no element is below 0, so that zeros around it do not change a maximum.
	positive bool
}

// ofInts tells whether the elements are known to be of a type of whole numbers.
func (x *value) ofInts() bool {
	return x != nil && (x.ints || x.whole || x.konst != nil && x.konst.whole && !x.konst.truth)
}

// fresh and unknown stand for the place of a value that a node made itself, and of one that others may read.
const fresh, unknown = -1, -2

// sole tells whether a node is the only reader of its i-th input.
func (im *importer) sole(n *Node, i int) bool {
	if i < 0 {
		return i == fresh
	}
	return n.in(i) != "" && im.reads[n.in(i)] == 1
}

// aligned returns a value whose spec array has just the axes want, by reshape and permute layers where it must.
func (im *importer) aligned(n *Node, v *value, want axes) *value {
	out := *v
	if equalAxes(v.store, want) {
		return &out
	}
	// Atoms of extent 1 move no number.
	longer := func(x axes) []*atom { return slices.DeleteFunc(x.atoms(), func(a *atom) bool { return a.size == 1 }) }
	from, have, order := v.store, longer(v.store), longer(want)
	if !slices.Equal(have, order) {
		var single, moved axes
		for _, a := range have {
			single = append(single, []*atom{a})
		}
		out.layer = im.reshaped(n, out.layer, from, single)
		dims := []int{}
		for _, a := range order {
			dims = append(dims, slices.Index(have, a)+1)
			moved = append(moved, []*atom{a})
		}
		l := im.add(n, "permute", out.layer)
		l.set("dims", dims)
		out.layer, from = l, moved
	}
	out.layer = im.reshaped(n, out.layer, from, want)
	out.store = want
	return &out
}

// filled returns a value some of whose axes have an atom of extent 1 where they have none.
func (v *value) filled(at ...int) *value {
	out := *v
	out.axes = slices.Clone(v.axes)
	for _, k := range at {
		if len(out.axes[k]) == 0 {
			out.axes[k] = []*atom{{size: 1}}
		}
	}
	return &out
}

// reshaped returns a layer with the same numbers under other axes.
func (im *importer) reshaped(n *Node, l *layer, from, to axes) *layer {
	if slices.Equal(from.extents(), to.extents()) {
		return l
	}
	was := from.extents()
	if l.was != nil { // a reshape of a reshape is one of what that reads
		if l, was = l.in[0], l.was; slices.Equal(was, to.extents()) {
			return l
		}
	}
	kind := "reshape"
	if len(to) == 1 {
		kind = "flatten"
	}
	r := im.add(n, kind, l)
	r.was = was
	if kind == "reshape" {
		r.set("target_shape", to.extents())
	}
	return r
}

func equalAxes(a, b axes) bool {
	return slices.EqualFunc(a, b, func(x, y []*atom) bool { return slices.Equal(x, y) })
}

// like returns a value of the same axes given by another layer.
func (v *value) like(l *layer) *value {
	return &value{layer: l, axes: v.axes, store: v.store, scale: 1}
}

// plain returns v with its pending factor applied: in the weights of the layer that gives it, if that is linear and
// nothing else reads it.
func (im *importer) plain(n *Node, v *value) (*value, error) {
	if v.konst != nil {
		return v, nil
	}
	var err error
	if v, err = im.numeric(n, v); err != nil {
		return nil, err
	}
	if v.scale == 1 {
		return v, nil
	}
	if l, err := scaledLayer(v.layer, v.scale); err == nil && !v.shared {
		im.layers = append(im.layers, l)
		out := *v
		out.layer, out.scale = l, 1
		return &out, nil
	}
	return im.rescaled(n, v, 1, 0)
}

// numeric returns the numbers of a value that stands for something else: a part of an attention, 1 minus an output, or
// both classes of a binary classifier.
func (im *importer) numeric(n *Node, v *value) (*value, error) {
	switch {
	case v.heads != nil:
		return im.composed(n, v)
	case v.label == nil:
		return v, nil
	case v.label.complement != nil:
		return im.complement(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, v.label.complement)
	case v.label.both:
		p := *v
		p.label = nil
		rest, err := im.complement(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, &p)
		if err != nil {
			return nil, err
		}
		return im.beside(n, []*value{rest, &p}, len(p.axes)-1)
	}
	return nil, errors.New("it reads the number of the class that an ArgMax chose: only outputs may")
}

// scaledLayer returns a linear layer whose outputs are multiplied.
func scaledLayer(l *layer, by float64) (*layer, error) {
	if !slices.Contains(linear, l.kind) || l.attr("activation") != nil {
		return nil,
			fmt.Errorf("its input is multiplied by %g, which only a linear layer before it could take in; it comes from a %s",
				by, l.kind)
	}
	c := l.clone()
	for i, p := range c.params {
		c.params[i].data = make([]float64, len(p.data))
		for j, x := range p.data {
			c.params[i].data[j] = x * by
		}
	}
	return c, nil
}

// linear are the kinds whose output is linear in all their parameters together.
var linear = []string{"dense", "conv1d", "conv2d", "depthwise_conv1d", "depthwise_conv2d", "conv2d_transpose"}
