package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// regrouped returns x under other extents: the layer stays, the atoms are grouped anew.
func (x *value) regrouped(dims []int) (*value, error) {
	out, splits, err := regroup(x.axes, dims)
	if err != nil {
		return nil, err
	}
	y := *x
	y.axes, y.store = out, x.store.replaced(splits)
	if x.heads != nil {
		y.heads = x.heads.replaced(splits)
	}
	return &y, nil
}

func reshape(im *importer, n *Node, in []*value) ([]*value, error) {
	shape, err := constantIn(in, 1, "shape")
	if err != nil {
		return nil, err
	}
	target := n.ints("shape")
	if shape != nil {
		target = shape.ints()
	}
	dims, err := targetShape(n, in[0].axes.extents(), target)
	if err != nil {
		return nil, err
	}
	y, err := in[0].regrouped(dims)
	if err == nil || in[0].heads != nil || len(dims) < 2 || len(in[0].axes[0]) != 1 || !in[0].axes[0][0].batch || dims[0] != im.batch {
		return one(y, err)
	}
	// Axes are cut where no axis was before: their order in memory is asked for.
	x, err := im.plain(n, in[0])
	if err != nil {
		return nil, err
	}
	x = im.aligned(n, x, x.axes.features())
	l := im.add(n, "reshape", x.layer)
	l.set("target_shape", dims[1:])
	made := &value{layer: l, axes: axes{x.axes[0]}, scale: 1, positive: x.positive}
	for _, d := range dims[1:] {
		a := []*atom{{size: d}}
		made.axes, made.store = append(made.axes, a), append(made.store, a)
	}
	return one(made, nil)
}

func flatten(im *importer, n *Node, in []*value) ([]*value, error) {
	dims := in[0].axes.extents()
	k := n.int("axis", 1)
	if k < 0 {
		k += len(dims)
	}
	if k < 0 || k > len(dims) {
		return nil, fmt.Errorf("axis %d of %d axes", k, len(dims))
	}
	return one(in[0].regrouped([]int{product(dims[:k]), product(dims[k:])}))
}

// arrays returns the constants among inputs.
func arrays(in []*value) []*array {
	out := make([]*array, len(in))
	for i, v := range in {
		if v != nil {
			out[i] = v.konst
		}
	}
	return out
}

func squeeze(im *importer, n *Node, in []*value) ([]*value, error) {
	dims, err := squeezed(n, in[0].axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	return one(in[0].regrouped(dims))
}

func unsqueeze(im *importer, n *Node, in []*value) ([]*value, error) {
	dims, err := unsqueezed(n, in[0].axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	return one(in[0].regrouped(dims))
}

func transpose(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	perm := n.ints("perm")
	if perm == nil {
		for i := len(x.axes) - 1; i >= 0; i-- {
			perm = append(perm, i)
		}
	}
	if len(perm) != len(x.axes) {
		return nil, fmt.Errorf("%d axes in the order %v", len(x.axes), perm)
	}
	y := *x
	y.axes = make(axes, len(perm))
	for i, p := range perm {
		if p < 0 || p >= len(perm) || slices.Contains(perm[:i], p) {
			return nil, fmt.Errorf("%d axes in the order %v", len(x.axes), perm)
		}
		y.axes[i] = x.axes[p]
	}
	return one(&y, nil)
}

// gather is an embedding, a choice of one step, or one of the parts of a product.
func gather(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[0] == nil || in[1] == nil {
		return nil, errors.New("a choice needs two inputs")
	}
	k := n.int("axis", 0)
	if in[0].konst != nil {
		return one(im.embedding(n, in[0].konst, in[1], k))
	}
	index, err := needed(in, 1, "indices", -1)
	if err != nil {
		return nil, err
	}
	x := in[0]
	if k, err = axis(k, len(x.axes)); err != nil {
		return nil, err
	}
	i, ok := index.scalar()
	if !ok {
		return nil, fmt.Errorf("%d indices: one is imported", len(index.data))
	}
	size := axes{x.axes[k]}.extents()[0]
	at := int(i)
	if at < 0 {
		at += size
	}
	if at < 0 || at >= size {
		return nil, fmt.Errorf("index %d of %d elements", int(i), size)
	}
	y, err := im.chosen(n, x, k, at)
	if err != nil {
		return nil, err
	}
	if len(index.dims) == 0 {
		y.axes = slices.Delete(slices.Clone(y.axes), k, k+1)
	}
	return one(y, nil)
}

// embedding makes a table that tokens choose rows of.
func (im *importer) embedding(n *Node, table *array, x *value, k int) (*value, error) {
	if len(table.dims) != 2 || k != 0 {
		return nil, fmt.Errorf("a table of %v along axis %d: an embedding has rows of numbers", table.dims, k)
	}
	if x.layer == nil || x.layer.kind != "input" || !equalAxes(x.store, x.axes[1:]) {
		return nil, fmt.Errorf("its indices are %s: an embedding reads tokens that are an input, n×steps", x.axes)
	}
	l := im.add(n, "embedding", x.layer)
	l.set("input_dim", table.dims[0])
	l.set("output_dim", table.dims[1])
	l.params = []param{{"embeddings", table.dims, table.data}}
	width := []*atom{{size: table.dims[1]}}
	return &value{layer: l, axes: append(slices.Clone(x.axes), width), store: append(slices.Clone(x.store), width), scale: 1}, nil
}

// chosen returns the elements of x at one place of an axis, which becomes empty.
func (im *importer) chosen(n *Node, x *value, k, at int) (*value, error) {
	size := axes{x.axes[k]}.extents()[0]
	if size == 1 {
		return x, nil
	}
	if x.heads == nil && len(x.axes[k]) == 1 && !x.axes[k][0].batch {
		if part, err := im.columns(n, x, k, at, 1); err == nil {
			return &value{layer: part.layer, axes: x.axes.without(k), store: part.store[:len(part.store)-1], scale: x.scale}, nil
		}
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	step := x.axes[k]
	if len(step) != 1 || len(x.store) != 2 || len(x.store[0]) != 1 || x.store[0][0] != step[0] {
		return nil, fmt.Errorf("one place of an axis of %s: the last step of a sequence is imported, and a column of a dense layer", x.axes)
	}
	rest := axes{x.store[1]}
	if slices.Contains(recurrentKinds, x.layer.kind) && at == lastPlace(x.layer, size) {
		l := x.layer.clone()
		l.origin = append(l.origin, n.String())
		l.attrs = slices.DeleteFunc(l.attrs, func(a attribute) bool { return a.key == "return_sequences" })
		im.layers = append(im.layers, l)
		return &value{layer: l, axes: x.axes.without(k), store: rest, scale: 1}, nil
	}
	l := x.layer
	l = im.add(n, "cropping1d", l)
	l.set("cropping", []int{at, size - 1 - at})
	l = im.add(n, "flatten", l)
	return &value{layer: l, axes: x.axes.without(k), store: rest, scale: 1, positive: x.positive}, nil
}

// lastPlace returns the place of the step that a recurrent layer takes last.
func lastPlace(l *layer, steps int) int {
	if l.attr("go_backwards") == true {
		return 0
	}
	return steps - 1
}

// columns returns some of the features of a linear layer: a layer with those columns of the weights alone.
func (im *importer) columns(n *Node, x *value, k, from, width int) (*value, error) {
	if x.heads != nil || len(x.store) == 0 || !slices.Contains([]string{"dense", "conv1d", "conv2d"}, x.layer.kind) || x.layer.attr("groups") != nil ||
		!slices.Equal(x.axes[k], x.store[len(x.store)-1]) {
		return nil, fmt.Errorf("elements %d to %d of axis %d of %s: parts of the features of a linear layer are imported", from, from+width-1, k, x.axes)
	}
	l := x.layer.clone()
	l.origin = append(l.origin, n.String())
	for i, p := range l.params {
		cols := p.dims[len(p.dims)-1]
		dims := slices.Clone(p.dims)
		dims[len(dims)-1] = width
		data := make([]float64, 0, product(dims))
		for r := 0; r < len(p.data); r += cols {
			data = append(data, p.data[r+from:r+from+width]...)
		}
		l.params[i] = param{p.role, dims, data}
	}
	if l.kind == "dense" {
		l.set("units", width)
	} else {
		l.set("filters", width)
	}
	im.layers = append(im.layers, l)
	y := x.like(l)
	y.scale = x.scale
	y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
	y.axes[k] = []*atom{{size: width}}
	y.store[len(y.store)-1] = y.axes[k]
	return y, nil
}

func slice(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	list, err := cuts(n, x.axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		size := x.axes.extents()[c.axis]
		switch {
		case c.from == 0 && c.to == size && c.step == 1:
			continue
		case c.step != 1:
			return nil, fmt.Errorf("every %d. element", c.step)
		case c.to <= c.from:
			return nil, errors.New("an empty range")
		}
		if x, err = im.ranged(n, x, c); err != nil {
			return nil, err
		}
	}
	return one(x, nil)
}

// ranged returns a range of an axis: some features of a linear layer, or some steps of a sequence.
func (im *importer) ranged(n *Node, x *value, c cut) (*value, error) {
	size := x.axes.extents()[c.axis]
	if y, err := im.columns(n, x, c.axis, c.from, c.to-c.from); err == nil {
		return y, nil
	}
	if c.to-c.from == 1 {
		return im.chosen(n, x, c.axis, c.from)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	step := x.axes[c.axis]
	if len(x.store) != 2 || !slices.Equal(x.store[0], step) || len(step) != 1 {
		return nil, fmt.Errorf("elements %d to %d of axis %d of %s: features of a linear layer and steps of a sequence are imported", c.from, c.to-1, c.axis, x.axes)
	}
	l := im.add(n, "cropping1d", x.layer)
	l.set("cropping", []int{c.from, size - c.to})
	y := x.like(l)
	y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
	y.axes[c.axis] = []*atom{{size: c.to - c.from}}
	y.store[0] = y.axes[c.axis]
	y.positive = x.positive
	return y, nil
}

func split(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	k, err := axis(n.int("axis", 0), len(x.axes))
	if err != nil {
		return nil, err
	}
	sizes := n.ints("split")
	if a, err := constantIn(in, 1, "sizes"); err != nil {
		return nil, err
	} else if a != nil {
		sizes = a.ints()
	}
	total := x.axes.extents()[k]
	if sizes == nil {
		part := ceilDiv(total, max(1, len(n.Out)))
		for left := total; left > 0; left -= part {
			sizes = append(sizes, min(part, left))
		}
	}
	var out []*value
	from := 0
	for _, s := range sizes {
		if s < 1 || from+s > total {
			return nil, fmt.Errorf("parts of %v of %d elements", sizes, total)
		}
		y, err := im.ranged(n, x, cut{axis: k, from: from, to: from + s, step: 1})
		if err != nil {
			return nil, err
		}
		out, from = append(out, y), from+s
	}
	return out, nil
}

// concat lays values side by side along their features.
func concat(im *importer, n *Node, in []*value) ([]*value, error) {
	if y := bothClasses(in); y != nil {
		return one(y, nil)
	}
	first, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	k, err := axis(n.int("axis", 0), len(first.axes))
	if err != nil {
		return nil, err
	}
	var joined []*atom
	l := &layer{kind: "concatenate", hint: hintOf(n), origin: []string{n.String()}}
	total := 0
	var y *value
	for i := range in {
		v, err := im.activated(n, in, i)
		if err != nil {
			return nil, err
		}
		want := v.axes.features()
		at := slices.IndexFunc(want, func(a []*atom) bool { return slices.Equal(a, v.axes[k]) })
		if at < 0 {
			return nil, fmt.Errorf("axis %d of %s", k, v.axes)
		}
		want = append(slices.Delete(slices.Clone(want), at, at+1), v.axes[k])
		if i > 0 && !slices.Equal(want[:len(want)-1].extents(), y.store[:len(y.store)-1].extents()) {
			return nil, fmt.Errorf("%s beside %s", v.axes, first.axes)
		}
		v = im.aligned(n, v, want)
		l.in = append(l.in, v.layer)
		total += v.axes.extents()[k]
		if i == 0 {
			y = &value{layer: l, axes: slices.Clone(v.axes), store: slices.Clone(want), scale: 1, positive: v.positive}
		}
		y.positive = y.positive && v.positive
	}
	joined = []*atom{{size: total}}
	y.axes[k], y.store[len(y.store)-1] = joined, joined
	im.layers = append(im.layers, l)
	return one(y, nil)
}

// reduce is a mean or maximum over the steps of a sequence, or the pixels of an image.
func reduce(what string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		over, err := axesOf(listed(n, arrays(in)), len(x.axes))
		if err != nil {
			return nil, err
		}
		y, err := im.pooled(n, x, what, over)
		if err != nil {
			return nil, err
		}
		if n.int("keepdims", 1) == 0 {
			for _, k := range slices.Backward(over) {
				y.axes = slices.Delete(slices.Clone(y.axes), k, k+1)
			}
		}
		return one(y, nil)
	}
}

// pooled returns the mean or maximum over some axes, which become empty.
func (im *importer) pooled(n *Node, x *value, what string, over []int) (*value, error) {
	var gone, rest axes
	for i, a := range x.axes {
		if slices.Contains(over, i) {
			if slices.ContainsFunc(a, func(v *atom) bool { return v.batch }) {
				return nil, errors.New("it goes over the batch")
			}
			if len(a) > 0 {
				gone = append(gone, a)
			}
		}
	}
	y := *x
	y.axes = slices.Clone(x.axes)
	for _, k := range over {
		y.axes[k] = nil
	}
	if len(gone) == 0 {
		return &y, nil
	}
	for _, a := range x.axes.features() {
		if !slices.ContainsFunc(gone, func(g []*atom) bool { return slices.Equal(g, a) }) {
			rest = append(rest, a)
		}
	}
	if len(gone) > 2 || len(rest) != 1 {
		return nil, fmt.Errorf("it goes over axes %v of %s: over the steps of a sequence, or height and width of an image, is imported", over, x.axes)
	}
	v := im.aligned(n, x, append(slices.Clone(gone), rest...))
	y.layer = im.add(n, fmt.Sprintf("global_%s_pool%dd", what, len(gone)), v.layer)
	y.store = rest
	return &y, nil
}

func globalPool(what string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		return one(im.pooled(n, x, what, spatial(len(x.axes)-2)))
	}
}

// where is known as a mask of attentions alone.
func where(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) == 3 && in[1] != nil && in[1].heads != nil && in[0] != nil && in[0].konst != nil && in[2] != nil && in[2].konst != nil {
		mask, err := broadcast(in[0].konst, in[2].konst, func(c, v float64) float64 { return (1 - c) * minusBig(v) })
		if err != nil {
			return nil, err
		}
		return one(im.headMask(in[1], mask))
	}
	return nil, errOperator
}
