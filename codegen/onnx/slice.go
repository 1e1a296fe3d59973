package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// lastPlace returns the place of the step that a recurrent layer takes last.
func lastPlace(l *layer, steps int) int {
	if l.attr("go_backwards") == true {
		return 0
	}
	return steps - 1
}

// parting are the operators that take parts of what they read.
var parting = []string{"Slice", "Split", "Gather", "Chunk"}

// ownColumns is columns where nothing reads the features whole: beside that, layers of their own would be trained
// apart.
func (im *importer) ownColumns(n *Node, x *value, k, from, width int) (*value, error) {
	name := n.in(0)
	if slices.Contains(parting, n.Op) && (slices.ContainsFunc(im.model.Graph.Outputs,
		func(o *Port) bool { return o.Name == name }) || slices.ContainsFunc(im.readersOf(name), func(r *Node) bool {
		return !slices.Contains(parting, r.Op) && r.Op != "Shape" && r.Op != "Size"
	})) {
		return nil, fmt.Errorf("the features of %q are read whole too", name)
	}
	return im.columns(n, x, k, from, width)
}

// columns returns some of the features of a linear layer: a layer with those columns of the weights alone.
func (im *importer) columns(n *Node, x *value, k, from, width int) (*value, error) {
	// The axis may be the first part of the features, such as queries, keys and values of one product.
	var inner []*atom
	named := len(x.axes[k]) > 0 && len(x.store) > 0
	if named {
		features := x.store[len(x.store)-1]
		named = len(features) >= len(x.axes[k]) && slices.Equal(features[:len(x.axes[k])], x.axes[k])
		inner = features[min(len(x.axes[k]), len(features)):]
	}
	if im.own || x.heads != nil || !named || !slices.Contains([]string{"dense", "conv1d", "conv2d"}, x.layer.kind) ||
		x.layer.attr("groups") != nil {
		return nil, fmt.Errorf("elements %d to %d of axis %d of %s: parts of the features of a linear layer are imported",
			from, from+width-1, k, x.axes)
	}
	l := x.layer.clone()
	l.origin = append(l.origin, n.String())
	places := width
	from, width = from*product(axes{inner}.extents()), width*product(axes{inner}.extents())
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
	y.axes[k] = []*atom{{size: places}}
	y.store[len(y.store)-1] = slices.Concat(y.axes[k], inner)
	return y, nil
}

func slice(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	for i, what := range []string{"starts", "ends", "axes", "steps"} {
		if _, err := constantIn(in, i+1, what); err != nil {
			return nil, err
		}
	}
	list, err := cuts(n, x.axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		size := x.axes.extents()[c.axis]
		at := c.places()
		switch {
		case c.from == 0 && c.to == size && c.step == 1:
			continue
		case len(at) == 0:
			return nil, errors.New("an empty range")
		}
		if x, err = im.picked(n, x, c.axis, at); err != nil {
			return nil, err
		}
	}
	return one(x, nil)
}

// ranged returns a range of an axis: some features of a linear layer, or some steps of a sequence.
func (im *importer) ranged(n *Node, x *value, c cut) (*value, error) {
	size := x.axes.extents()[c.axis]
	if y, err := im.ownColumns(n, x, c.axis, c.from, c.to-c.from); err == nil {
		return y, nil
	}
	if c.to-c.from == 1 && len(x.store) != 3 { // of an image the axis stays
		return im.chosen(n, x, c.axis, c.from)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	step := x.axes[c.axis]
	at := slices.IndexFunc(x.store, func(s []*atom) bool { return slices.Equal(s, step) })
	spatial := len(x.store) - 1
	if len(step) != 1 || spatial < 1 || spatial > 2 || at < 0 || at == spatial || im.channelAt(x) < 0 {
		return im.sliced(n, x, c)
	}
	kind, from := fmt.Sprintf("cropping%dd", spatial), x.layer
	border := make([][]int, spatial)
	for i := range border {
		border[i] = []int{0, 0}
	}
	if from.kind == kind && spatial == 2 { // one layer cuts off at all sides
		border = from.attr("cropping").([][]int)
		border, from = slices.Clone(border), from.in[0]
	}
	border[at] = []int{border[at][0] + c.from, border[at][1] + size - c.to}
	l := im.add(n, kind, from)
	if spatial == 1 {
		l.set("cropping", border[0])
	} else {
		l.set("cropping", border)
	}
	y := x.like(l)
	y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
	y.axes[c.axis] = []*atom{{size: c.to - c.from}}
	y.store[at] = y.axes[c.axis]
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
	sizes, err = partsOf(n, sizes, x.axes.extents()[k])
	if err != nil {
		return nil, err
	}
	var out []*value
	from := 0
	for _, s := range sizes {
		if s == 0 {
			return nil, fmt.Errorf("parts of %v: one is empty", sizes)
		}
		y, err := im.ranged(n, x, cut{axis: k, from: from, to: from + s, step: 1})
		if err != nil {
			return nil, err
		}
		out, from = append(out, y), from+s
	}
	return out, nil
}
