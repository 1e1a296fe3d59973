package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// initialStates makes a layer read the states that a node begins with, where they are given and not 0: those of the
// outputs, and of the cells of an LSTM. x is the sequence, whose spec array is steps×features.
func (im *importer) initialStates(n *Node, in []*value, l *layer, x *value, units int) error {
	parts := 1
	if n.Op == "LSTM" {
		parts = 2
	}
	if !hasState(in) {
		return nil
	}
	given := func(i int) bool { return i < len(in) && in[i] != nil }
	for i := range parts {
		var from *layer
		switch at := 5 + i; {
		case !given(at):
			from = im.learned(n, x, make([]float64, units))
		case in[at].konst != nil:
			numbers, err := im.fixedState(n, in[at].konst, units)
			if err != nil {
				return err
			}
			from = im.learned(n, x, numbers)
		default:
			v, err := im.plain(n, in[at])
			if err != nil {
				return err
			}
			features := slices.DeleteFunc(v.axes.features(), func(a []*atom) bool {
				return units > 1 && product(axes{a}.extents()) == 1
			})
			if v.whole {
				return errWhole
			}
			if len(v.axes) != 3 || len(v.axes.atoms()) < 2 || product(features.extents()) != units || len(features) != 1 {
				return fmt.Errorf("an initial state of %s for %d units", v.axes, units)
			}
			from = im.aligned(n, v, features).layer
		}
		l.in = append(l.in, from)
		l.states++
	}
	return nil
}

// fixedState returns the numbers of a constant state of one direction, which every example begins with.
func (im *importer) fixedState(n *Node, c *array, units int) ([]float64, error) {
	if err := finite(c); err != nil {
		return nil, err
	}
	batch, dir := 1, 0
	if n.int("layout", 0) == 1 {
		batch, dir = 0, 1
	}
	if len(c.dims) != 3 || c.dims[dir] != 1 || c.dims[batch] != im.batch || c.dims[2] != units {
		return nil, fmt.Errorf("an initial state of %v for %d units", c.dims, units)
	}
	if c = c.firstAlong(batch); c == nil {
		return nil, errors.New("a fixed initial state that differs from example to example: a network treats them alike")
	}
	return c.data, nil
}

// learned returns a layer that gives the same numbers for every example, which training learns: the biases of a dense
// layer that reads zeros, made of the first step of a sequence, so that the gradients of its kernel of zeros are 0.
// Numbers that are all 0 stay so.
func (im *importer) learned(n *Node, x *value, numbers []float64) *layer {
	from, dims := x.layer, x.store.extents()
	if dims[0] > 1 {
		from = im.add(n, "cropping1d", from)
		from.set("cropping", []int{0, dims[0] - 1})
	}
	from = im.add(n, "rescaling", im.add(n, "flatten", from))
	from.set("scale", 0.0)
	l := im.add(n, "dense", from)
	l.set("units", len(numbers))
	bias := &array{dims: []int{len(numbers)}, data: numbers}
	l.params = []param{{"kernel", []int{dims[1], len(numbers)}, make([]float64, dims[1]*len(numbers))}}
	l.setBias(bias, len(numbers))
	if allZero(bias) {
		l.set("trainable", false)
	}
	return l
}

// eachDirection imports a bidirectional operator with initial states as two of one direction, whose results lie side by
// side: bidirectional begins with 0.
func (im *importer) eachDirection(n *Node, in []*value) ([]*value, error) {
	along := []int{0, 0, 0, 0, 0, 0, 0, 0} // the axis of the directions in each input
	if n.int("layout", 0) == 1 {
		along[5], along[6] = 1, 1
	}
	var sides [][]*value
	for d, direction := range []string{"forward", "reverse"} {
		one := *n
		one.Attrs = append(slices.DeleteFunc(slices.Clone(n.Attrs), func(a *Attr) bool { return a.Name == "direction" }),
			wordAttr("direction", direction))
		part := slices.Clone(in)
		for i, v := range in {
			if i == 0 || i == 4 || i >= len(along) || v == nil {
				continue
			}
			if v.konst == nil {
				var err error
				if part[i], err = im.ranged(n, v, cut{axis: along[i], from: d, to: d + 1, step: 1}); err != nil {
					return nil, err
				}
				continue
			}
			if along[i] >= len(v.konst.dims) || v.konst.dims[along[i]] != 2 {
				return nil, fmt.Errorf("an input of %v for two directions", v.konst.dims)
			}
			part[i] = &value{konst: v.konst.at(along[i], d)}
		}
		results, err := recurrent(im, &one, part)
		if err != nil {
			return nil, err
		}
		sides = append(sides, results)
	}
	var joined []*value
	for i, a := range sides[0] {
		if i >= len(n.Out) || n.Out[i] == "" || im.reads[n.Out[i]] == 0 {
			joined = append(joined, nil)
			continue
		}
		b := sides[1][i]
		y := &value{layer: im.add(n, "concatenate", a.layer, b.layer), axes: slices.Clone(a.axes), scale: 1}
		dir := []*atom{{size: 2}}
		last := len(a.store) - 1
		y.store = append(slices.Clone(a.store[:last]), slices.Concat(dir, a.store[last]))
		k := len(y.axes) - 3 // the axis of the directions
		if n.int("layout", 0) == 1 {
			k++
		}
		y.axes[k] = dir
		joined = append(joined, y)
	}
	return joined, nil
}
