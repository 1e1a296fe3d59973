package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// reduction is how an operator reduces axes: what is done to elements before, the pool over them, and what is done
// behind it.
type reduction struct {
	before []string // functions of elements
	pool   string   // average or max
	sum    bool     // a mean times the number of elements
	minus  bool     // of the negative numbers: a minimum
	after  []string
}

// reductions are the operators that reduce. A product does not: see reduceProd.
var reductions = map[string]reduction{
	"ReduceMean":      {pool: "average"},
	"ReduceSum":       {pool: "average", sum: true},
	"ReduceMax":       {pool: "max"},
	"ReduceMin":       {pool: "max", minus: true},
	"ReduceL1":        {before: []string{"abs"}, pool: "average", sum: true},
	"ReduceL2":        {before: []string{"square"}, pool: "average", sum: true, after: []string{"sqrt"}},
	"ReduceSumSquare": {before: []string{"square"}, pool: "average", sum: true},
	"ReduceLogSum":    {pool: "average", sum: true, after: []string{"log"}},
}

// reduced reads the axes of a reduction; done says that there is nothing to reduce.
func (im *importer) overAxes(n *Node, in []*value) (over []int, done bool, err error) {
	if _, err := constantIn(in, 1, "axes"); err != nil {
		return nil, false, err
	}
	list := listed(n, arrays(in))
	if len(list) == 0 {
		if n.int("noop_with_empty_axes", 0) != 0 {
			return nil, true, nil
		}
		for i := range in[0].axes {
			list = append(list, i)
		}
	}
	over, err = axesOf(list, len(in[0].axes))
	return over, false, err
}

// dropped takes the reduced axes out unless the operator keeps them.
func (y *value) dropped(n *Node, over []int) *value {
	if n.int("keepdims", 1) != 0 {
		return y
	}
	out := *y
	out.axes = slices.Clone(y.axes)
	for _, k := range slices.Backward(over) {
		out.axes = slices.Delete(out.axes, k, k+1)
	}
	return &out
}

// reduce is an operator that reduces axes.
func reduce(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	over, done, err := im.overAxes(n, in)
	if err != nil {
		return nil, err
	}
	r := reductions[n.Op]
	for _, f := range r.before {
		if x, err = im.element(n, x, f); err != nil {
			return nil, err
		}
	}
	if r.minus {
		if x, err = im.rescaled(n, x, -1, 0); err != nil {
			return nil, err
		}
	}
	if !done {
		count := x.axes.extents()
		if x, err = im.pooled(n, x, r.pool, over); err != nil {
			return nil, err
		}
		if r.sum {
			for _, k := range over {
				x.scale *= float64(count[k])
			}
		}
		x = x.dropped(n, over)
	}
	if r.minus {
		x.scale = -x.scale
	}
	for _, f := range r.after {
		if x, err = im.element(n, x, f); err != nil {
			return nil, err
		}
	}
	return one(x, nil)
}

// reduceLogSumExp is log Σ exp(x − max x) + max x.
func reduceLogSumExp(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	over, done, err := im.overAxes(n, in)
	if err != nil || done {
		return []*value{x}, err
	}
	most, err := im.pooled(n, x, "max", over)
	if err != nil {
		return nil, err
	}
	below, err := im.join(n, "subtract", []*value{x, most})
	if err != nil {
		return nil, err
	}
	powers, err := im.element(n, below, "exp")
	if err != nil {
		return nil, err
	}
	sum, err := im.pooled(n, powers, "average", over)
	if err != nil {
		return nil, err
	}
	count := x.axes.extents()
	for _, k := range over {
		sum.scale *= float64(count[k])
	}
	y, err := im.element(n, sum, "log")
	if err != nil {
		return nil, err
	}
	if y, err = im.join(n, "add", []*value{y, most}); err != nil {
		return nil, err
	}
	return one(y.dropped(n, over), nil)
}

// lpNormalization divides by the length of the vectors along an axis: unit_norm.
func lpNormalization(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	k, err := axis(n.int("axis", -1), len(x.axes))
	if err != nil {
		return nil, err
	}
	if p := n.int("p", 2); p != 2 {
		return nil, fmt.Errorf("p is %d: unit_norm has 2", p)
	}
	return one(im.unitNorm(n, x, x.axes[k]))
}

// unitNorm is unit_norm over some atoms of x.
func (im *importer) unitNorm(n *Node, x *value, over []*atom) (*value, error) {
	if slices.ContainsFunc(over, func(a *atom) bool { return a.batch }) {
		return nil, errors.New("it goes over the batch")
	}
	if len(x.store) == 0 || !sameAtoms(x.store[len(x.store)-1], over) {
		x = im.aligned(n, x, im.lastly(x, over))
	}
	return x.like(im.add(n, "unit_norm", x.layer)), nil
}

// pooled returns the mean or maximum over some axes, which become empty.
func (im *importer) pooled(n *Node, x *value, what string, over []int) (*value, error) {
	var gone []*atom
	for i, a := range x.axes {
		if slices.Contains(over, i) {
			if slices.ContainsFunc(a, func(v *atom) bool { return v.batch }) {
				return nil, errors.New("it goes over the batch, whose examples a network keeps apart")
			}
			gone = append(gone, a...)
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
	var rest axes
	for _, a := range x.store {
		if a = slices.DeleteFunc(slices.Clone(a), func(v *atom) bool { return slices.Contains(gone, v) }); len(a) > 0 {
			rest = append(rest, a)
		}
	}
	// The height and width of an image, or the steps of a sequence; anything else is a sequence once its axes are
	// moved.
	var v *value
	kind := fmt.Sprintf("global_%s_pool1d", what)
	channels := axes{rest.atoms()}
	if len(x.store) == 3 && len(rest) == 1 && slices.Equal(slices.Concat(x.store[:2]...), gone) {
		v, kind = x, fmt.Sprintf("global_%s_pool2d", what)
	} else {
		v = im.aligned(n, x, append(axes{gone}, channels...))
	}
	y.layer = im.add(n, kind, v.layer)
	y.scale = v.scale
	y.store = channels
	if len(rest) > 1 {
		v := im.aligned(n, &value{layer: y.layer, store: channels, scale: 1}, rest)
		y.layer, y.store = v.layer, v.store
	}
	return &y, nil
}

func globalPool(what string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		if len(x.axes) < 3 {
			return nil, fmt.Errorf("its input is %s: it has no axes behind the channels", x.axes)
		}
		if x.axes.String() != "" && len(x.axes) <= 4 {
			if image, err := im.imaged(n, x); err == nil {
				x = image
			}
		}
		return one(im.pooled(n, x, what, spatial(len(x.axes)-2)))
	}
}

// reduceProd is the product of the elements at each place of the axes.
func reduceProd(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	over, done, err := im.overAxes(n, in)
	if err != nil || done {
		return []*value{x}, err
	}
	for _, k := range over {
		size := x.axes.extents()[k]
		switch {
		case slices.ContainsFunc(x.axes[k], func(a *atom) bool { return a.batch }):
			return nil, errors.New("it goes over the batch, whose examples a network keeps apart")
		case size > maxParts:
			return nil, fmt.Errorf("the product of %d elements along axis %d of %s: at most %d are imported", size, k, x.axes,
				maxParts)
		case size == 1:
			continue
		}
		var parts []*value
		for at := range size {
			part, err := im.ranged(n, x, cut{axis: k, from: at, to: at + 1, step: 1})
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		if x, err = im.join(n, "multiply", parts); err != nil {
			return nil, err
		}
	}
	y := *x
	return one((&y).dropped(n, over), nil)
}
