package onnx

import (
	"fmt"
	"slices"
)

// shapeOf returns what Shape gives.
func shapeOf(n *Node, dims []int) *array {
	from, to := n.int("start", 0), n.int("end", len(dims))
	if from < 0 {
		from += len(dims)
	}
	if to < 0 {
		to += len(dims)
	}
	from, to = min(max(from, 0), len(dims)), min(max(to, 0), len(dims))
	out := &array{whole: true}
	for _, d := range dims[min(from, to):to] {
		out.data = append(out.data, float64(d))
	}
	out.dims = []int{len(out.data)}
	return out
}

func constantOfShape(n *Node, in []*array) (*array, error) {
	out := &array{dims: in[0].ints()}
	if slices.ContainsFunc(out.dims, func(d int) bool { return d < 0 }) {
		return nil, fmt.Errorf("a shape of %v", out.dims)
	}
	if err := room(out.dims...); err != nil {
		return nil, err
	}
	size := product(out.dims)
	fill := 0.0
	if a := n.attr("value"); a != nil && a.T != nil {
		v, err := a.T.load(nil)
		if err != nil {
			return nil, err
		}
		if len(v.data) == 1 {
			fill, out.whole = v.data[0], v.whole
		}
	}
	out.data = slices.Repeat([]float64{fill}, size)
	return out, nil
}

// squeezed returns the shape without axes of extent 1.
func squeezed(n *Node, dims []int, in []*array) ([]int, error) {
	drop, err := axesOf(listed(n, in), len(dims))
	if err != nil {
		return nil, err
	}
	var out []int
	for i, d := range dims {
		if slices.Contains(drop, i) || len(drop) == 0 && d == 1 {
			if d != 1 {
				return nil, fmt.Errorf("axis %d has %d elements, not 1", i, d)
			}
			continue
		}
		out = append(out, d)
	}
	return out, nil
}

// unsqueezed returns the shape with axes of extent 1 put in.
func unsqueezed(n *Node, dims []int, in []*array) ([]int, error) {
	list := listed(n, in)
	put, err := axesOf(list, len(dims)+len(list))
	if err != nil {
		return nil, err
	}
	if len(put) != len(list) {
		return nil, fmt.Errorf("axes %v: one is there twice", list)
	}
	out := slices.Clone(dims)
	for _, i := range put {
		out = slices.Insert(out, i, 1)
	}
	return out, nil
}

// targetShape resolves 0 and −1 of a reshape.
func targetShape(n *Node, dims, target []int) ([]int, error) {
	out := slices.Clone(target)
	open, known := -1, 1
	for i, d := range out {
		switch {
		case d == 0 && n.int("allowzero", 0) == 0 && i < len(dims):
			out[i] = dims[i]
		case d == -1 && open < 0:
			open = i
			continue
		}
		if out[i] < 0 || out[i] > maxValue/max(1, known) {
			return nil, fmt.Errorf("a shape of %v", target)
		}
		known *= out[i]
	}
	if open >= 0 {
		if known == 0 || product(dims)%known != 0 {
			return nil, fmt.Errorf("%v does not become %v", dims, target)
		}
		out[open] = product(dims) / known
	}
	if product(out) != product(dims) {
		return nil, fmt.Errorf("%v does not become %v", dims, out)
	}
	return out, nil
}

func (a *array) reshaped(dims []int, err error) (*array, error) {
	if err != nil {
		return nil, err
	}
	out := *a
	out.dims = dims
	return &out, nil
}

// transposed returns the array with its axes in another order; the reverse one if perm is nil.
func transposed(x *array, perm []int) (*array, error) {
	if perm == nil {
		for i := len(x.dims) - 1; i >= 0; i-- {
			perm = append(perm, i)
		}
	}
	if sorted := slices.Sorted(slices.Values(perm)); len(sorted) != len(x.dims) || len(sorted) > 0 &&
		(sorted[0] != 0 || sorted[len(sorted)-1] != len(sorted)-1) ||
		len(slices.Compact(sorted)) != len(perm) {
		return nil, fmt.Errorf("axes in the order %v of %d", perm, len(x.dims))
	}
	from := make([]*atom, len(x.dims))
	for i, d := range x.dims {
		from[i] = &atom{size: d}
	}
	out := &array{whole: x.whole}
	to := make([]*atom, len(perm))
	for i, p := range perm {
		to[i] = from[p]
		out.dims = append(out.dims, x.dims[p])
	}
	if product(x.dims) > 0 {
		for _, i := range order(from, to) {
			out.data = append(out.data, x.data[i])
		}
	}
	return out, nil
}
