package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// splitArray cuts an array into parts along an axis.
func splitArray(n *Node, in []*array) ([]*array, error) {
	x := in[0]
	k, err := axis(n.int("axis", 0), len(x.dims))
	if err != nil {
		return nil, err
	}
	sizes := n.ints("split")
	if len(in) > 1 && in[1] != nil {
		sizes = in[1].ints()
	}
	sizes, err = partsOf(n, sizes, x.dims[k])
	if err != nil {
		return nil, err
	}
	var out []*array
	from := 0
	for _, s := range sizes {
		index := &array{dims: []int{s}}
		for i := range s {
			index.data = append(index.data, float64(from+i))
		}
		part, err := gatherArray(&Node{Attrs: []*Attr{{Name: "axis", I: int64(k)}}}, []*array{x, index})
		if err != nil {
			return nil, err
		}
		out, from = append(out, part), from+s
	}
	return out, nil
}

// partsOf returns the sizes of the parts that a Split makes of total elements.
func partsOf(n *Node, sizes []int, total int) ([]int, error) {
	if sizes == nil {
		part := max(1, ceilDiv(total, min(max(1, n.int("num_outputs", len(n.Out))), len(n.Out)+1)))
		for left := total; left > 0; left -= part {
			sizes = append(sizes, min(part, left))
		}
	}
	sum := 0
	for _, s := range sizes {
		if sum += s; s < 0 || sum > total {
			return nil, fmt.Errorf("parts of %v of %d elements", sizes, total)
		}
	}
	if sum != total || len(sizes) > max(1, len(n.Out)) {
		return nil, fmt.Errorf("parts of %v of %d elements for %d results", sizes, total, len(n.Out))
	}
	return sizes, nil
}

func concatArrays(n *Node, in []*array) (*array, error) {
	k, err := axis(n.int("axis", 0), max(1, len(in[0].dims)))
	if err != nil {
		return nil, err
	}
	out := &array{whole: true}
	total := 0
	for _, a := range in {
		if a == nil || len(a.dims) != len(in[0].dims) || len(a.dims) == 0 {
			return nil, errors.New("arrays of different ranks side by side")
		}
		out.whole = out.whole && a.whole
		total += a.dims[k]
	}
	out.dims = slices.Clone(in[0].dims)
	out.dims[k] = total
	outer := product(out.dims[:k])
	for i := range outer {
		for _, a := range in {
			if product(a.dims[:k]) != outer {
				return nil, errors.New("arrays of different shapes side by side")
			}
			w := product(a.dims[k:])
			out.data = append(out.data, a.data[i*w:(i+1)*w]...)
		}
	}
	if len(out.data) != product(out.dims) {
		return nil, errors.New("arrays of different shapes side by side")
	}
	return out, nil
}

func gatherArray(n *Node, in []*array) (*array, error) {
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("without indices")
	}
	x := in[0]
	k, err := axis(n.int("axis", 0), len(x.dims))
	if err != nil {
		return nil, err
	}
	out := &array{dims: slices.Concat(x.dims[:k], in[1].dims, x.dims[k+1:]), whole: x.whole}
	if err := room(out.dims...); err != nil {
		return nil, err
	}
	inner := product(x.dims[k+1:])
	for i := range product(x.dims[:k]) {
		for _, v := range in[1].data {
			j := int(v)
			if j < 0 {
				j += x.dims[k]
			}
			if j < 0 || j >= x.dims[k] {
				return nil, fmt.Errorf("index %v of %d elements", v, x.dims[k])
			}
			from := (i*x.dims[k] + j) * inner
			out.data = append(out.data, x.data[from:from+inner]...)
		}
	}
	return out, nil
}

// cut is a range of one axis.
type cut struct{ axis, from, to, step int }

// cuts reads the ranges of a Slice, from inputs or, before opset 10, attributes.
func cuts(n *Node, dims []int, in []*array) ([]cut, error) {
	starts, ends, which, steps := n.ints("starts"), n.ints("ends"), n.ints("axes"), []int(nil)
	list := func(i int, dst *[]int) {
		if i < len(in) && in[i] != nil {
			*dst = in[i].ints()
		}
	}
	list(1, &starts)
	list(2, &ends)
	list(3, &which)
	list(4, &steps)
	if len(starts) != len(ends) {
		return nil, errors.New("the ranges are not known at import")
	}
	var out []cut
	for i := range starts {
		k := i
		if which != nil {
			if i >= len(which) {
				return nil, errors.New("ranges without axes")
			}
			k = which[i]
		}
		k, err := axis(k, len(dims))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(c cut) bool { return c.axis == k }) {
			return nil, fmt.Errorf("two ranges of axis %d", k)
		}
		c := cut{axis: k, from: starts[i], to: ends[i], step: 1}
		if i < len(steps) {
			c.step = steps[i]
		}
		lo, hi := 0, dims[k]
		switch {
		case c.step == 0:
			return nil, errors.New("a step of 0")
		case c.step < 0:
			lo, hi = -1, dims[k]-1
		}
		clamp := func(v int) int {
			if v < 0 {
				v += dims[k]
			}
			return min(max(v, lo), hi)
		}
		c.from, c.to = clamp(c.from), clamp(c.to)
		out = append(out, c)
	}
	return out, nil
}

// places returns the indices of a range.
func (c cut) places() []int {
	var at []int
	for i := c.from; c.step > 0 && i < c.to || c.step < 0 && i > c.to; i += c.step {
		at = append(at, i)
	}
	return at
}

func sliceArray(n *Node, in []*array) (*array, error) {
	list, err := cuts(n, in[0].dims, in)
	if err != nil {
		return nil, err
	}
	x := in[0]
	for _, c := range list {
		var index []float64
		for _, i := range c.places() {
			index = append(index, float64(i))
		}
		g := &Node{Attrs: []*Attr{{Name: "axis", I: int64(c.axis)}}}
		if x, err = gatherArray(g, []*array{x, {dims: []int{len(index)}, data: index}}); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// listed returns axes from an input or, in older opsets, an attribute.
func listed(n *Node, in []*array) []int {
	if len(in) > 1 && in[1] != nil {
		return in[1].ints()
	}
	return n.ints("axes")
}

// scatterArray puts updates in the place of elements, or of arrays along the last axes, whose indices are given.
func scatterArray(n *Node, in []*array) (*array, error) {
	if len(in) != 3 || in[1] == nil || in[2] == nil || len(in[1].dims) == 0 || len(in[0].dims) == 0 {
		return nil, errors.New("elements, indices and updates are wanted")
	}
	if r := n.word("reduction", "none"); r != "none" {
		return nil, blame("reduction", "reduction %q: elements are replaced", r)
	}
	x, index, updates := in[0], in[1].ints(), in[2]
	last := len(in[1].dims) - 1
	depth := in[1].dims[last]
	if depth < 1 || depth > len(x.dims) ||
		!slices.Equal(updates.dims, slices.Concat(in[1].dims[:last], x.dims[depth:])) {
		return nil, fmt.Errorf("updates of %v by indices of %v in %v", updates.dims, in[1].dims, x.dims)
	}
	y, inner := mapped(x, func(v float64) float64 { return v }), product(x.dims[depth:])
	for i := range len(index) / depth {
		at := 0
		for axis, v := range index[i*depth:][:depth] {
			size := x.dims[axis]
			if v < 0 {
				v += size
			}
			if v < 0 || v >= size {
				return nil, fmt.Errorf("index %d of %d elements", index[i*depth+axis], size)
			}
			at = at*size + v
		}
		copy(y.data[at*inner:][:inner], updates.data[i*inner:])
	}
	return y, nil
}
