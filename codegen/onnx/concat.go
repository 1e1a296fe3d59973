package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// concat lays values side by side along an axis.
func concat(im *importer, n *Node, in []*value) ([]*value, error) {
	if y := bothClasses(in); y != nil {
		return one(y, nil)
	}
	if len(in) == 1 {
		return same(im, n, in)
	}
	var rank int
	var parts []*value
	for i, v := range in {
		if v == nil {
			return nil, errors.New("an input is absent")
		}
		if v.konst != nil {
			return im.besideConstants(n, in)
		}
		v, err := im.activated(n, in, i)
		if err != nil {
			return nil, err
		}
		rank, parts = len(v.axes), append(parts, v)
	}
	k, err := axis(n.int("axis", 0), rank)
	if err != nil {
		return nil, err
	}
	return one(im.beside(n, parts, k))
}

// beside lays values side by side along an axis of the model's arrays: as the features of the spec's, or, where they
// are other axes, as its last axis once that is moved there.
func (im *importer) beside(n *Node, in []*value, k int) (*value, error) {
	l := &layer{kind: "concatenate", hint: hintOf(n), origin: []string{n.String()}}
	total := 0
	var y *value
	positive := true
	for i, v := range in {
		v, err := im.plain(n, v)
		if err != nil {
			return nil, err
		}
		if len(v.axes) != len(in[0].axes) || k >= len(v.axes) { // a file may hold arrays that do not fit
			return nil, fmt.Errorf("%s beside %s along axis %d", v.axes, in[len(in)-1].axes, k)
		}
		along := v.axes[k]
		if slices.ContainsFunc(along, func(a *atom) bool { return a.batch }) {
			return nil, errors.New("it joins batches: examples are kept apart")
		}
		if len(along) == 0 { // an extent of 1 needs an atom of its own to be joined along
			u := *v
			u.axes = slices.Clone(v.axes)
			along = []*atom{{size: 1}}
			u.axes[k] = along
			u.store = append(slices.Clone(v.store), along)
			u.layer = im.reshaped(n, v.layer, v.store, u.store)
			v = &u
		}
		want := axes{}
		for _, a := range v.axes.features() {
			if !slices.Equal(a, along) {
				want = append(want, a)
			}
		}
		want = append(want, along)
		if i > 0 && !slices.Equal(want[:len(want)-1].extents(), y.store[:len(y.store)-1].extents()) {
			return nil, fmt.Errorf("%s beside %s", v.axes, in[0].axes)
		}
		v = im.aligned(n, v, want)
		l.in = append(l.in, v.layer)
		total += v.axes.extents()[k]
		if i == 0 {
			y = &value{layer: l, axes: slices.Clone(v.axes), store: slices.Clone(want), scale: 1}
		}
		positive = positive && v.positive
	}
	joined := []*atom{{size: total}}
	y.axes[k], y.store[len(y.store)-1] = joined, joined
	y.positive = positive
	im.layers = append(im.layers, l)
	return y, nil
}

// besideConstants lays a sequence beside constant steps, such as a class token: zeros are put around it, and the steps
// are added to them.
func (im *importer) besideConstants(n *Node, in []*value) ([]*value, error) {
	var x *value
	var before, after []*array
	several := false // activations
	for i, v := range in {
		switch {
		case v.konst == nil && x == nil:
			var err error
			if x, err = im.activated(n, in, i); err != nil {
				return nil, err
			}
			in = slices.Clone(in)
			in[i] = x
		case v.konst == nil:
			several = true
		case x == nil:
			before = append(before, v.konst)
		default:
			after = append(after, v.konst)
		}
	}
	k, err := axis(n.int("axis", 0), len(x.axes))
	if err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(x.axes, func(a []*atom) bool { return len(a) == 1 && a[0].batch }); at > 0 && at != k {
		return im.besideMoved(n, in, k, at)
	}
	if several || len(x.axes) != 3 || k != 1 || !x.batchFirst() || len(x.axes[1]) == 0 {
		return im.withConstants(n, in, x, k)
	}
	x = im.aligned(n, x, x.axes[1:])
	dims := x.axes.extents()
	var numbers [2][]float64
	for side, list := range [][]*array{before, after} {
		for _, c := range list {
			if len(c.dims) != 3 || c.dims[2] != dims[2] || c.dims[0] < 1 {
				return nil, fmt.Errorf("a constant of %v beside %s", c.dims, x.axes)
			}
			one := len(c.data) / c.dims[0]
			for i, v := range c.data {
				if v != c.data[i%one] {
					return nil, fmt.Errorf("a constant of %v that differs from example to example", c.dims)
				}
			}
			numbers[side] = append(numbers[side], c.data[:one]...)
		}
	}
	b, a := len(numbers[0])/dims[2], len(numbers[1])/dims[2]
	y := &value{axes: axes{x.axes[0], {{size: b + dims[1] + a}}, x.axes[2]}, scale: 1}
	y.store = y.axes[1:]
	y.layer = im.zeros(n, x.layer, []int{b}, []int{a})
	if err := room(dims[1], dims[2]); err != nil {
		return nil, err
	}
	steps := slices.Concat(numbers[0], make([]float64, dims[1]*dims[2]), numbers[1])
	return one(im.places(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, y, steps), nil)
}

// besideMoved is besideConstants of values whose examples lie along another axis than the first, as those of sequences
// that have their steps first: it is done with that axis in front.
func (im *importer) besideMoved(n *Node, in []*value, k, at int) ([]*value, error) {
	moved := make([]*value, len(in))
	for i, v := range in {
		y := *v
		if v.konst == nil {
			y.axes = slices.Concat(axes{v.axes[at]}, v.axes[:at], v.axes[at+1:])
		} else {
			perm := make([]int, len(v.konst.dims))
			for j := range perm {
				perm[j] = j
			}
			if at >= len(perm) {
				return nil, fmt.Errorf("a constant of %v beside examples along axis %d", v.konst.dims, at)
			}
			c, err := transposed(v.konst, slices.Concat([]int{at}, perm[:at], perm[at+1:]))
			if err != nil {
				return nil, err
			}
			y.konst = c
		}
		moved[i] = &y
	}
	if k < at {
		k++
	}
	out, err := im.besideConstants(&Node{Op: n.Op, Name: n.Name, Domain: n.Domain, In: n.In, Out: n.Out,
		Attrs: []*Attr{{Name: "axis", I: int64(k)}}}, moved)
	if err != nil {
		return nil, err
	}
	y := *out[0]
	y.axes = slices.Concat(y.axes[1:at+1], y.axes[:1], y.axes[at+1:])
	return one(&y, nil)
}

// withConstants lays values side by side of which some are constants, the same for each example.
func (im *importer) withConstants(n *Node, in []*value, x *value, k int) ([]*value, error) {
	parts := slices.Clone(in)
	for i, v := range in {
		if v.konst == nil {
			continue
		}
		c := im.forAll(x, v.konst)
		if c == nil {
			return nil, fmt.Errorf("a constant of %v beside %s: one that is the same for each example is imported",
				v.konst.dims, x.axes)
		}
		var err error
		if parts[i], err = im.parameter(n, x, c); err != nil {
			return nil, err
		}
	}
	return one(im.beside(n, parts, k))
}

// parameter makes layers that give numbers of the model, whatever x is: zeros, cut from those that are laid beside what
// x gives, and the numbers added to them. The value has the batch of x before those axes.
func (im *importer) parameter(n *Node, x *value, c *array) (*value, error) {
	if err := finite(c); err != nil {
		return nil, err
	}
	made := &Node{Op: n.Op, Name: n.Name, Out: n.Out}
	x, err := im.plain(made, x)
	if err != nil {
		return nil, err
	}
	batch := slices.IndexFunc(x.axes, func(a []*atom) bool { return len(a) == 1 && a[0].batch })
	if batch < 0 {
		return nil, fmt.Errorf("constants of %v beside %s, whose batch lies with others", c.dims, x.axes)
	}
	y := &value{axes: axes{x.axes[batch]}, scale: 1}
	for _, d := range c.dims {
		y.axes = append(y.axes, []*atom{{size: d}})
	}
	last := len(y.axes) - 1
	y.store = axes{y.axes[1:last].atoms(), y.axes[last]}
	from, store := x.layer, x.store
	for from.kind == "dense" && len(from.in) == 1 { // nothing that it gives is read
		store = append(slices.Clone(store[:len(store)-1]), []*atom{{size: from.param("kernel").dims[0]}})
		from = from.in[0]
	}
	size, all := product(c.dims), product(store.extents())
	column := func(size int) axes { return axes{{{size: size}}, {{size: 1}}} }
	l := im.zeros(made, im.reshaped(made, from, store, column(all)), []int{size}, []int{0})
	l = im.add(made, "cropping1d", l)
	l.set("cropping", []int{0, all})
	y.layer = im.reshaped(made, l, column(size), y.store)
	return im.places(made, y, c.data), nil
}

// forAll returns a constant without its axis of examples, along the first axis of x, if it is the same for each; nil
// if it has none or differs.
func (im *importer) forAll(x *value, c *array) *array {
	if len(c.dims) != len(x.axes) || len(c.dims) < 2 || !x.batchFirst() || c.dims[0] != im.batch && c.dims[0] != 1 {
		return nil
	}
	same := equalParts(c, 0, c.dims[0])
	if same == nil {
		return nil
	}
	return &array{dims: same.dims[1:], data: same.data, whole: same.whole}
}

// batchFirst tells whether the first axis is the batch alone.
func (x *value) batchFirst() bool {
	return len(x.axes) > 0 && len(x.axes[0]) == 1 && x.axes[0][0].batch
}
