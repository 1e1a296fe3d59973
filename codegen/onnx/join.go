package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// joining are the sums, products, … of several inputs, which are stretched to one shape. Constants among them follow as
// sums or products with constants do.
func joining(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		var parts []*value
		var constants *array
		for _, v := range in {
			switch {
			case v == nil:
				return nil, errors.New("an input is absent")
			case v.konst == nil:
				parts = append(parts, v)
			case constants == nil:
				constants = v.konst
			default:
				f := map[string]func(a, b float64) float64{"add": functions2["Add"], "average": functions2["Add"],
					"maximum": math.Max, "minimum": math.Min}[kind]
				var err error
				if constants, err = broadcast(constants, v.konst, f); err != nil {
					return nil, err
				}
			}
		}
		if constants == nil {
			return one(im.join(n, kind, parts))
		}
		sum := kind
		if kind == "average" {
			sum = "add"
		}
		y, err := im.join(n, sum, parts)
		at := fresh
		if len(parts) == 1 {
			at = unknown
		}
		if err != nil {
			return nil, err
		}
		switch kind {
		case "add":
			return one(im.shift(n, y, constants, at))
		case "average":
			if y, err = im.shift(n, y, constants, at); err != nil {
				return nil, err
			}
			return one(im.stretch(n, y, &array{data: []float64{1 / float64(len(in))}}, unknown))
		}
		return one(im.bounded(n, y, kind, constants))
	}
}

// bounded is the larger or smaller of a value and a constant.
func (im *importer) bounded(n *Node, x *value, kind string, c *array) (*value, error) {
	if c.whole {
		return nil, errors.New("whole numbers are computed with: cast them to float first")
	}
	v, ok := c.scalar()
	if !ok {
		return im.boundedEach(n, x, kind, c)
	}
	if math.IsNaN(v) {
		return nil, fmt.Errorf("the %s of an activation and NaN", kind)
	}
	limit := math.Max(-limitless, math.Min(v, limitless))
	attrs := []attribute{{"min", rounded(limit)}, {"max", limitless}}
	if kind == "minimum" {
		attrs = []attribute{{"min", -limitless}, {"max", rounded(limit)}}
	} else if v == 0 {
		return im.element(n, x, "relu")
	}
	return im.element(n, x, "clip", attrs...)
}

// boundedEach is the larger or smaller of a value and constants that differ between its elements.
func (im *importer) boundedEach(n *Node, x *value, kind string, c *array) (*value, error) {
	if c = padded(c, len(x.axes)); c == nil {
		return nil, fmt.Errorf("the %s of %s and a constant of more axes", kind, x.axes)
	}
	each := im.forAll(x, c)
	if each == nil {
		return nil, fmt.Errorf("the %s of %s and a constant of %v: one that is the same for each example is imported",
			kind, x.axes, c.dims)
	}
	y, err := im.parameter(n, x, each)
	if err != nil {
		return nil, err
	}
	return im.join(n, kind, []*value{x, y})
}

// padded returns a constant with axes of extent 1 in front, so that it has rank ones; nil if it has more.
func padded(c *array, rank int) *array {
	if len(c.dims) > rank {
		return nil
	}
	y := *c
	y.dims = slices.Concat(slices.Repeat([]int{1}, rank-len(c.dims)), c.dims)
	return &y
}

// limitless is the bound of a clip that has none on one side: a spec wants numbers whose squares are finite.
const limitless = 1e18

// join makes one layer of several activations, which are stretched to one shape.
func (im *importer) join(n *Node, kind string, in []*value) (*value, error) {
	var parts []*value
	for i := range in {
		v, err := im.activated(n, in, i)
		if err != nil {
			return nil, err
		}
		parts = append(parts, v)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	parts, err := im.stretchedTo(n, parts)
	if err != nil {
		return nil, err
	}
	// The second time, the first part is cut into as many atoms as any of the others.
	for range 2 {
		for i, v := range parts[1:] {
			if parts[0], parts[i+1], err = agreed(parts[0], v); err != nil {
				return nil, err
			}
		}
	}
	l := &layer{kind: kind, hint: hintOf(n), origin: []string{n.String()}}
	for _, p := range parts {
		l.in = append(l.in, im.aligned(n, p, parts[0].store).layer)
	}
	im.layers = append(im.layers, l)
	y := parts[0].like(l)
	y.positive = kind != "subtract" && !slices.ContainsFunc(parts, func(p *value) bool { return !p.positive })
	return y, nil
}

// agreed gives two values of one shape the same atoms.
func agreed(a, b *value) (*value, *value, error) {
	if !slices.Equal(a.axes.extents(), b.axes.extents()) {
		return nil, nil, fmt.Errorf("shapes %s and %s differ", a.axes, b.axes)
	}
	splitA, splitB, err := match(a.axes, b.axes)
	if err != nil {
		return nil, nil, err
	}
	x, y := *a, *b
	x.axes, x.store = a.axes.replaced(splitA), a.store.replaced(splitA)
	y.axes, y.store = b.axes.replaced(splitB), b.store.replaced(splitB)
	// An extent of 1 may have an atom in one and none in the other.
	for i := range x.axes {
		if len(x.axes[i]) != len(y.axes[i]) && (axes{x.axes[i]}).extents()[0] == 1 {
			x.axes, x.store = x.dropUnits(i)
			y.axes, y.store = y.dropUnits(i)
		}
	}
	rename := map[*atom][]*atom{}
	p, q := x.axes.atoms(), y.axes.atoms()
	if len(p) != len(q) {
		return nil, nil, fmt.Errorf("axes %s and %s are made of different parts", a.axes, b.axes)
	}
	for i := range p {
		rename[q[i]] = []*atom{p[i]}
	}
	y.axes, y.store = x.axes, y.store.replaced(rename)
	return &x, &y, nil
}

// dropUnits returns the axes of a value without the atoms of extent 1 of axis i.
func (x *value) dropUnits(i int) (model, spec axes) {
	gone := map[*atom][]*atom{}
	for _, a := range x.axes[i] {
		if !a.batch {
			gone[a] = nil
		}
	}
	return x.axes.replaced(gone), x.store.replaced(gone)
}
