package onnx

import (
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
		return nil, im.openly(err, in[0], target)
	}
	y, err := in[0].regrouped(dims)
	err = im.openly(err, in[0], target)
	if err == nil || in[0].heads != nil || len(dims) < 2 || !in[0].batchFirst() || dims[0] != im.batch {
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

// openly returns the error of a reshape in terms of the file where one number stands for any batch.
func (im *importer) openly(err error, x *value, target []int) error {
	if err == nil || !im.open() {
		return err
	}
	return fmt.Errorf("a reshape from %s to %v does not keep axes or parts of them together", x.axes, target)
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
	if _, err := constantIn(in, 1, "axes"); err != nil {
		return nil, err
	}
	dims, err := squeezed(n, in[0].axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	return one(in[0].regrouped(dims))
}

func unsqueeze(im *importer, n *Node, in []*value) ([]*value, error) {
	if _, err := constantIn(in, 1, "axes"); err != nil {
		return nil, err
	}
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
