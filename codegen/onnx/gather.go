package onnx

import (
	"errors"
	"fmt"
	"slices"
)

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
	size := axes{x.axes[k]}.extents()[0]
	at := index.ints()
	if err := inside(at, size); err != nil {
		return nil, err
	}
	if len(at) != 1 {
		y, err := im.picked(n, x, k, at)
		if err != nil {
			return nil, err
		}
		dims := y.axes.extents()
		return one(y.regrouped(slices.Concat(dims[:k], index.dims, dims[k+1:])))
	}
	y, err := im.chosen(n, x, k, at[0])
	if err != nil {
		return nil, err
	}
	if len(index.dims) == 0 {
		y.axes = slices.Delete(slices.Clone(y.axes), k, k+1)
	}
	return one(y, nil)
}

// gatherElements chooses along an axis by an array of indices, which is as the value along all others. Where they are
// the same there, it is a choice along one axis; else one of the elements of each example.
func gatherElements(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if len(in) > 1 && in[1] != nil && in[1].konst == nil {
		return nil, errors.New("its indices depend on the input: export all that it chooses from, and choose behind the " +
			"network; for the last step of sequences of different lengths, export the recurrent layer's state with packed " +
			"sequences, or let tokens of padding be 0")
	}
	index, err := needed(in, 1, "indices", len(x.axes))
	if err != nil {
		return nil, err
	}
	k, err := axis(n.int("axis", 0), len(x.axes))
	if err != nil {
		return nil, err
	}
	dims := x.axes.extents()
	for i, d := range index.dims {
		if i != k && d != dims[i] {
			if slices.ContainsFunc(x.axes[i], func(a *atom) bool { return a.batch }) {
				return nil, errOwnIndices
			}
			return nil, fmt.Errorf("indices of %v for %s: those as long as it along all axes but %d are imported",
				index.dims, x.axes, k)
		}
	}
	at, ok := alongAxis(index, k)
	if ok {
		if err := inside(at, dims[k]); err != nil {
			return nil, err
		}
		return one(im.picked(n, x, k, at))
	}
	first := 1 // axis of an example
	if !slices.ContainsFunc(x.axes.atoms(), func(a *atom) bool { return a.batch }) {
		first = 0
	}
	if k < first || first == 1 && !x.batchFirst() {
		return nil, fmt.Errorf("indices that differ along other axes than %d of %s", k, x.axes)
	}
	// The place of each element within an example.
	per := product(index.dims[first:])
	at = index.ints()
	if !periodic(at, per) {
		return nil, errOwnIndices
	}
	at = at[:per]
	if err := inside(at, dims[k]); err != nil {
		return nil, err
	}
	behind := product(dims[k+1:])
	for i := range at {
		at[i] = (i/(behind*index.dims[k])*dims[k]+at[i])*behind + i%behind
	}
	flat, err := x.regrouped(slices.Concat(dims[:first], []int{product(dims[first:])}))
	if err != nil {
		return nil, err
	}
	y, err := im.picked(n, flat, first, at)
	if err != nil {
		return nil, err
	}
	return one(y.regrouped(index.dims))
}

// errOwnIndices is the reason of a choice that is another for each example.
var errOwnIndices = errors.New("its indices are those of the examples of the export, but a spec's are the same " +
	"for all: " +
	"make them one row, which is expanded over the batch")

// alongAxis returns the numbers of an array along an axis, if they are the same everywhere along all others.
func alongAxis(a *array, k int) ([]int, bool) {
	all, behind, length := a.ints(), product(a.dims[k+1:]), a.dims[k]
	out := make([]int, length)
	for i, v := range all {
		j := i / behind % length
		if i < length*behind && i%behind == 0 {
			out[j] = v
		}
		if out[j] != v {
			return nil, false
		}
	}
	return out, len(all) > 0
}

// periodic tells whether a list is its first elements again and again.
func periodic(list []int, period int) bool {
	for i := period; i < len(list); i++ {
		if list[i] != list[i-period] {
			return false
		}
	}
	return period > 0 && len(list) >= period
}

// inside counts negative indices from the end, and wants all to be of an axis.
func inside(at []int, size int) error {
	for i, v := range at {
		if v < 0 {
			at[i] += size
		}
		if at[i] < 0 || at[i] >= size {
			return fmt.Errorf("index %d of %d elements", v, size)
		}
	}
	return nil
}

// oneHot is a table whose rows differ at the place of their token alone, which training leaves as it is.
func oneHot(im *importer, n *Node, in []*value) ([]*value, error) {
	depth, err := needed(in, 1, "depth", -1)
	if err != nil {
		return nil, err
	}
	values, err := needed(in, 2, "values", 1)
	if err != nil {
		return nil, err
	}
	size, ok := depth.scalar()
	width := int(size)
	switch k := n.int("axis", -1); {
	case !ok || width < 1 || size != float64(width) || len(values.data) != 2:
		return nil, fmt.Errorf("a depth of %v and values of %v", depth.data, values.dims)
	case k != -1 && k != len(in[0].axes):
		return nil, blame("axis", "%d of %s: the new axis is the last one of an embedding", k, in[0].axes)
	}
	if err := room(width, width); err != nil {
		return nil, err
	}
	table := &array{dims: []int{width, width}, data: slices.Repeat(values.data[:1], width*width)}
	for i := range width {
		table.data[i*width+i] = values.data[1]
	}
	y, err := im.embedding(n, table, in[0], 0)
	if err != nil {
		return nil, err
	}
	y.layer.set("trainable", false)
	return one(y, nil)
}

// embedding makes a table that tokens choose rows of.
func (im *importer) embedding(n *Node, table *array, x *value, k int) (*value, error) {
	if len(table.dims) != 2 || k != 0 {
		return nil, fmt.Errorf("a table of %v along axis %d: an embedding has rows of numbers", table.dims, k)
	}
	if x.layer == nil || x.layer.kind != "input" || len(x.axes) == 0 || !equalAxes(x.store, x.axes.features()) &&
		!equalAxes(x.store, x.axes[1:]) && (len(x.axes) != 1 || len(x.store) != 1) {
		return nil, fmt.Errorf("its indices are %s: an embedding reads tokens that are an input, n×steps", x.axes)
	}
	l := im.add(n, "embedding", x.layer)
	l.set("input_dim", table.dims[0])
	l.set("output_dim", table.dims[1])
	l.params = []param{{"embeddings", table.dims, table.data}}
	width := []*atom{{size: table.dims[1]}}
	return &value{layer: l, axes: append(slices.Clone(x.axes), width),
		store: append(slices.Clone(x.store), width), scale: 1}, nil
}

// chosen returns the elements of x at one place of an axis, which becomes empty.
func (im *importer) chosen(n *Node, x *value, k, at int) (*value, error) {
	size := axes{x.axes[k]}.extents()[0]
	if size == 1 {
		if x.layer != nil && slices.Contains(recurrentKinds, x.layer.kind) && len(x.axes[k]) == 1 && len(x.store) == 2 &&
			slices.Equal(x.store[0], x.axes[k]) { // the only step is the last
			return &value{layer: im.state(n, x.layer, "h"), axes: x.axes.without(k), store: axes{x.store[1]},
				scale: x.scale}, nil
		}
		return x, nil
	}
	if x.heads == nil && len(x.axes[k]) == 1 && !x.axes[k][0].batch {
		if part, err := im.ownColumns(n, x, k, at, 1); err == nil {
			gone := map[*atom][]*atom{part.axes[k][0]: nil}
			return &value{layer: part.layer, axes: x.axes.without(k), store: part.store.replaced(gone), scale: x.scale}, nil
		}
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	step := x.axes[k]
	if len(step) == 0 || len(x.store) != 2 || !slices.Equal(x.store[0], step) {
		y, err := im.sliced(n, x, cut{axis: k, from: at, to: at + 1, step: 1})
		if err != nil {
			return nil, err
		}
		gone := map[*atom][]*atom{y.axes[k][0]: nil}
		y.store = y.store.replaced(gone)
		y.axes = y.axes.without(k)
		if last := len(y.store) - 1; last > 0 && len(y.store[last]) == 0 {
			rest := slices.Clone(y.store[:last])
			y.layer, y.store = im.reshaped(n, y.layer, y.store, rest), rest
		}
		return y, nil
	}
	rest := axes{x.store[1]}
	if slices.Contains(recurrentKinds, x.layer.kind) && at == lastPlace(x.layer, size) {
		return &value{layer: im.state(n, x.layer, "h"), axes: x.axes.without(k), store: rest, scale: 1}, nil
	}
	l := x.layer
	l = im.add(n, "cropping1d", l)
	l.set("cropping", []int{at, size - 1 - at})
	l = im.add(n, "flatten", l)
	return &value{layer: l, axes: x.axes.without(k), store: rest, scale: 1, positive: x.positive}, nil
}
