package onnx

import (
	"fmt"
	"slices"
)

// headProduct is q·kᵀ, or what its softmax gives times v.
func (im *importer) headProduct(n *Node, a, b *value) (*value, error) {
	if y, err := im.attendEither(n, a, b); y != nil || err != nil {
		return y, err
	}
	rank := len(a.axes)
	if rank != len(b.axes) {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	if y, err := im.vectorProduct(n, a, b); y != nil || err != nil {
		return y, err
	}
	if rank < 2 {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	if y, err := im.outerProduct(n, a, b); y != nil || err != nil {
		return y, err
	}
	single := len(a.axes[rank-2]) == 0 || len(b.axes[rank-1]) == 0 // weights that pool a sequence
	a, err := im.wholeAxis(n, a, rank-2)
	if err != nil {
		return nil, err
	}
	shared := 0
	b, shared = b.unrepeated()
	if b, err = im.wholeAxis(n, b, rank-1); err != nil {
		return nil, err
	}
	q, err := sequenceOf(a, rank-2, rank-1)
	if err != nil {
		return nil, err
	}
	k, err := sequenceOf(b, rank-1, rank-2)
	if err != nil {
		return nil, err
	}
	if k.head == nil && q.head != nil && shared == 0 { // all heads of queries read the only one of keys
		shared = q.head.size
	}
	if !q.reads(k, shared) ||
		product(axes{q.dim}.extents()) != product(axes{k.dim}.extents()) {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	y := &value{axes: slices.Clone(a.axes), scale: a.scale * b.scale,
		heads: &heads{stage: scored, q: a, k: b, head: q.head, shared: shared}}
	// Queries and keys of one sequence have the same atom of steps; the axes of the scores tell them apart.
	y.heads.cols = []*atom{{size: k.steps()}}
	y.axes[rank-1] = y.heads.cols
	if single {
		return im.plain(n, y)
	}
	return y, nil
}

// attendEither is p·v, or vᵀ·pᵀ, which is the same the other way round; nil where neither stands for the weights p of
// an attention. Where the sum of a product goes over the queries, p is no more than an array.
func (im *importer) attendEither(n *Node, a, b *value) (*value, error) {
	weights := func(v *value) bool { return v.heads != nil && v.heads.stage == weighted && len(v.axes) > 1 }
	keys := func(v *value, axis int) bool { return slices.Equal(v.axes[len(v.axes)-axis], v.heads.keys()) }
	switch {
	case weights(a) && b.heads == nil && keys(a, 1):
		return im.attend(n, a, b)
	case weights(b) && a.heads == nil && keys(b, 2) && len(a.axes) > 1:
		y, err := im.attend(n, swapped(b), swapped(a))
		if err != nil {
			return nil, err
		}
		return swapped(y), nil
	case a.heads == nil && b.heads == nil:
		return nil, nil
	}
	a, err := im.plain(n, a)
	if err != nil {
		return nil, err
	}
	if b, err = im.plain(n, b); err != nil {
		return nil, err
	}
	return im.headProduct(n, a, b)
}

// swapped returns a value whose last two axes are the other way round.
func swapped(x *value) *value {
	y, rank := *x, len(x.axes)
	y.axes = slices.Clone(x.axes)
	y.axes[rank-1], y.axes[rank-2] = y.axes[rank-2], y.axes[rank-1]
	return &y
}

// wholeAxis gives an axis of several atoms, such as the directions and units of a recurrent layer, one for all, and one
// of extent 1 an atom of its own.
func (im *importer) wholeAxis(n *Node, x *value, axis int) (*value, error) {
	parts := x.axes[axis]
	if len(parts) == 0 {
		v, err := im.plain(n, x)
		if err != nil {
			return nil, err
		}
		u := *v
		u.axes = slices.Clone(v.axes)
		u.axes[axis] = []*atom{{size: 1}}
		u.store = append(axes{u.axes[axis]}, v.store...)
		u.layer = im.reshaped(n, v.layer, v.store, u.store)
		return &u, nil
	}
	if len(parts) < 2 || slices.ContainsFunc(parts, func(a *atom) bool { return a.batch }) || !x.batchFirst() {
		return x, nil
	}
	one := []*atom{{size: product(axes{parts}.extents())}}
	whole := func(a []*atom) bool { return slices.Equal(a, parts) }
	if i := slices.IndexFunc(x.store, whole); i >= 0 && x.heads == nil { // the spec's array has that axis
		y := *x
		y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
		y.axes[axis], y.store[i] = one, one
		return &y, nil
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	y := *im.aligned(n, x, x.axes.features())
	y.axes, y.store = slices.Clone(y.axes), slices.Clone(y.store)
	y.axes[axis] = one
	y.store[slices.IndexFunc(y.store, whole)] = one
	return &y, nil
}

// vectorProduct is the product of two vectors of each example, as a row and a column; nil for others.
func (im *importer) vectorProduct(n *Node, a, b *value) (*value, error) {
	row := func(v *value, one, other int) bool {
		return len(v.axes) == 3 && v.batchFirst() && product(v.axes[one:one+1].extents()) == 1 &&
			product(v.axes[other:other+1].extents()) > 1
	}
	if !row(a, 1, 2) || !row(b, 2, 1) || !slices.Equal(a.axes[2:].extents(), b.axes[1:2].extents()) {
		return nil, nil
	}
	x, err := im.plain(n, a)
	if err != nil {
		return nil, err
	}
	z, err := im.plain(n, b)
	if err != nil {
		return nil, err
	}
	l := im.add(n, "dot", im.aligned(n, x, axes{x.axes[2]}).layer, im.aligned(n, z, axes{z.axes[1]}).layer)
	one := []*atom{{size: 1}}
	return &value{layer: l, axes: axes{a.axes[0], one, nil}, store: axes{one}, scale: 1}, nil
}

// outerProduct is the product of a column and a row of each example, each an axis without a part of its own; nil for
// others.
func (im *importer) outerProduct(n *Node, a, b *value) (*value, error) {
	if rank := len(a.axes); rank != 3 || len(a.axes[2]) > 0 || len(b.axes[1]) > 0 || len(a.axes[1]) == 0 ||
		len(b.axes[2]) == 0 || !a.batchFirst() || !b.batchFirst() {
		return nil, nil
	}
	return im.join(n, "multiply", []*value{a, b})
}

// headSoftmax makes weights of scores; nil where it does not go over their keys.
func (im *importer) headSoftmax(n *Node, x *value) (*value, error) {
	k, err := axis(n.int("axis", -1), len(x.axes))
	if err != nil {
		return nil, err
	}
	if x.heads.stage != scored || k != len(x.axes)-1 || !x.keysLast() {
		return nil, nil
	}
	y, h := *x, *x.heads
	h.stage = weighted
	y.heads = &h
	return &y, nil
}

// attend is p·v.
func (im *importer) attend(n *Node, p, v *value) (*value, error) {
	rank := len(v.axes)
	h := *p.heads
	shared := 0
	if v, shared = v.unrepeated(); shared > 1 && shared != h.shared {
		return nil, fmt.Errorf("%d heads of queries read one of values, but %d one of keys", shared, max(1, h.shared))
	}
	v, err := im.wholeAxis(n, v, rank-2)
	if err != nil {
		return nil, err
	}
	s, err := sequenceOf(v, rank-2, rank-1)
	if err != nil {
		return nil, err
	}
	if rank != len(p.axes) || !(sequence{head: h.head}).reads(s, h.shared) || v.scale != 1 {
		return nil, fmt.Errorf("a product of %s and %s within an attention of a form that is not known", p.axes, v.axes)
	}
	h.stage, h.v, h.dim = attended, v, s.dim
	y := &value{axes: slices.Clone(p.axes), scale: p.scale, heads: &h}
	y.axes[rank-1] = s.dim
	return y, nil
}
