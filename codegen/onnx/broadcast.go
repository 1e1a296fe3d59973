package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// expanded returns x stretched to other extents, as NumPy does: axes of extent 1, and new axes in front, are repeated.
// The layer repeats what x gives as a vector, once for each element of the new axes together.
func (im *importer) expanded(n *Node, x *value, dims []int) (*value, error) {
	have := x.axes.extents()
	if slices.Equal(have, dims) {
		return x, nil
	}
	if len(have) > len(dims) {
		return nil, fmt.Errorf("%s does not stretch to %v", x.axes, dims)
	}
	var fresh axes // the new axes
	stretched := slices.Concat(make(axes, len(dims)-len(have)), x.axes)
	for i, d := range dims {
		size := axes{stretched[i]}.extents()[0]
		switch {
		case size == d:
			continue
		case size != 1:
			return nil, fmt.Errorf("%s does not stretch to %v", x.axes, dims)
		case i < len(dims)-len(have) && d == im.batch && im.open(),
			slices.ContainsFunc(stretched[i], func(a *atom) bool { return a.batch }):
			return nil, fmt.Errorf("%s is stretched to %v along the batch", x.axes, dims)
		}
		a := []*atom{{size: d}}
		stretched[i] = a
		fresh = append(fresh, a)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(x.store), func(a []*atom) bool { return len(a) == 0 })
	v := im.aligned(n, x, axes{rest.atoms()})
	l := im.add(n, "repeat_vector", v.layer)
	l.set("n", product(fresh.extents()))
	y := &value{layer: l, axes: stretched, store: append(axes{fresh.atoms()}, rest.atoms()), scale: 1,
		positive: x.positive, bits: x.bits, narrow: x}
	// The repeated axes come first now. They go where the model has them, unless another order is asked for later.
	want := stretched.features()
	if sameAtoms(want.atoms(), y.store.atoms()) {
		y = im.aligned(n, y, want)
	}
	return y, nil
}

// open tells whether the number that stands for the batch is one that no shape of features has.
func (im *importer) open() bool { return !im.noBatch && im.batch >= primes[0] }

// stretchedTo gives several values of a node one shape, that which they broadcast to.
func (im *importer) stretchedTo(n *Node, in []*value) ([]*value, error) {
	dims := in[0].axes.extents()
	for _, v := range in[1:] {
		var err error
		if dims, err = broadcastDims(dims, v.axes.extents()); err != nil {
			return nil, err
		}
	}
	out := make([]*value, len(in))
	for i, v := range in {
		var err error
		if out[i], err = im.expanded(n, v, dims); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func expand(im *importer, n *Node, in []*value) ([]*value, error) {
	shape, err := needed(in, 1, "shape", 1)
	if err != nil {
		return nil, err
	}
	dims, err := broadcastDims(in[0].axes.extents(), shape.ints())
	if err != nil {
		return nil, err
	}
	return one(im.expanded(n, in[0], dims))
}

// maxParts bounds the layers that one node is cut into.
const maxParts = 64

// tile repeats a value along axes: it stretches those of one element, and lays longer ones beside themselves.
func tile(im *importer, n *Node, in []*value) ([]*value, error) {
	times, err := needed(in, 1, "repeats", 1)
	if err != nil {
		return nil, err
	}
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if len(times.data) != len(x.axes) {
		return nil, fmt.Errorf("%d repeats for %s", len(times.data), x.axes)
	}
	for k, t := range times.ints() {
		switch {
		case t == 1:
			continue
		case t > 1 && x.axes.extents()[k] == 1 && !slices.ContainsFunc(x.axes[k], func(a *atom) bool { return a.batch }):
			dims := x.axes.extents()
			dims[k] = t
			if dims, err = broadcastDims(x.axes.extents(), dims); err != nil {
				return nil, err
			}
			if x, err = im.expanded(n, x, dims); err != nil {
				return nil, err
			}
			continue
		case t < 1 || t > maxParts:
			return nil, fmt.Errorf("repeats of %v: 1 to %d are imported", times.ints(), maxParts)
		}
		if x, err = im.beside(n, slices.Repeat([]*value{x}, t), k); err != nil {
			return nil, err
		}
	}
	return one(x, nil)
}

// picked returns the elements of an axis at some places, in that order.
func (im *importer) picked(n *Node, x *value, k int, at []int) (*value, error) {
	var runs []cut
	for _, i := range at {
		if last := len(runs) - 1; last >= 0 && runs[last].to == i {
			runs[last].to++
			continue
		}
		runs = append(runs, cut{axis: k, from: i, to: i + 1, step: 1})
	}
	if len(runs) == 0 || len(runs) > maxParts {
		return nil, fmt.Errorf("%d ranges of axis %d of %s: 1 to %d are imported", len(runs), k, x.axes, maxParts)
	}
	var parts []*value
	for _, r := range runs {
		part, err := im.ranged(n, x, r)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return im.beside(n, parts, k)
}

// sliced returns a range of any axis, as a slice of the last axis of the spec's array.
func (im *importer) sliced(n *Node, x *value, c cut) (*value, error) {
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	axis := x.axes[c.axis]
	if len(axis) == 0 {
		return nil, fmt.Errorf("a range of axis %d of %s", c.axis, x.axes)
	}
	if slices.ContainsFunc(axis, func(a *atom) bool { return a.batch }) {
		return nil, fmt.Errorf("a range of axis %d of %s, along which the examples lie", c.axis, x.axes)
	}
	// The axis may be the first part of the last one, such as the directions of a recurrent layer: columns lie together
	// too.
	inner := []*atom(nil)
	if last := len(x.store) - 1; last >= 0 && len(axis) > 0 && len(x.store[last]) > len(axis) &&
		slices.Equal(x.store[last][:len(axis)], axis) {
		inner = x.store[last][len(axis):]
	} else if last < 0 || !slices.Equal(x.store[last], axis) {
		x = im.aligned(n, x, im.lastly(x, axis))
	}
	width := product(axes{inner}.extents())
	l := im.add(n, "slice", x.layer)
	if c.from > 0 {
		l.set("start", c.from*width)
	}
	l.set("size", (c.to-c.from)*width)
	y := x.like(l)
	y.axes, y.store, y.positive = slices.Clone(x.axes), slices.Clone(x.store), x.positive
	y.axes[c.axis] = []*atom{{size: c.to - c.from}}
	y.store[len(y.store)-1] = slices.Concat(y.axes[c.axis], inner)
	return y, nil
}

// lastly returns the axes of the spec's array of x in an order in which some atoms are its last axis.
func (im *importer) lastly(x *value, last []*atom) axes {
	var rest axes
	for _, a := range x.store {
		a = slices.DeleteFunc(slices.Clone(a), func(v *atom) bool { return slices.Contains(last, v) })
		if len(a) > 0 {
			rest = append(rest, a)
		}
	}
	return append(rest, last)
}

// varying returns a constant as numbers for the last axis of the spec's array of x, which is made of those axes of the
// model's array along which the constant varies, and x with its array so.
func (im *importer) varying(n *Node, x *value, c *array) (*value, []float64, error) {
	dims, err := broadcastDims(x.axes.extents(), c.dims)
	if err != nil {
		return nil, nil, err
	}
	if x, err = im.expanded(n, x, dims); err != nil {
		return nil, nil, err
	}
	var last []*atom
	from := make([]*atom, 0, len(c.dims))
	for i, d := range c.dims {
		if d == 1 {
			continue
		}
		axis := x.axes[i+len(dims)-len(c.dims)]
		if slices.ContainsFunc(axis, func(a *atom) bool { return a.batch }) {
			return nil, nil, fmt.Errorf("a constant of %v that differs from example to example of %s", c.dims, x.axes)
		}
		last, from = append(last, axis...), append(from, axis...)
	}
	if x.layer.kind == "input" || len(x.store) == 0 || !sameAtoms(x.store[len(x.store)-1], last) {
		x = im.aligned(n, x, im.lastly(x, last))
	} else {
		last = x.store[len(x.store)-1]
	}
	numbers := make([]float64, 0, len(c.data))
	for _, i := range order(from, last) {
		numbers = append(numbers, c.data[i])
	}
	return x, numbers, nil
}

// finite is an error if a constant holds NaN or infinities.
func finite(c *array) error {
	if slices.ContainsFunc(c.data, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		return errors.New("a constant that holds NaN or infinities is no number of a layer")
	}
	return nil
}
