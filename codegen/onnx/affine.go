package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// rescaled is scale·x + offset as a layer; where it stands behind another such, the two are one.
func (im *importer) rescaled(n *Node, x *value, scale, offset float64) (*value, error) {
	if x.heads != nil || x.label != nil {
		var err error
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
	}
	scale *= x.scale
	y := *x
	y.scale = 1
	y.positive = x.positive && scale >= 0 && offset >= 0
	if scale == 1 && offset == 0 {
		return &y, nil
	}
	y.above, y.narrow = nil, nil // which have other numbers
	l := x.layer
	if l.kind == "rescaling" && im.together(l, n) {
		offset += scale * l.float("offset", 0)
		scale *= l.float("scale", 1)
		if scale == 1 && offset == 0 {
			y.layer = l.in[0]
			return &y, nil
		}
		l = l.clone()
		l.attrs = nil
		l.origin = append(l.origin, n.String())
		im.layers = append(im.layers, l)
	} else {
		l = im.add(n, "rescaling", x.layer)
	}
	if scale != 1 {
		l.set("scale", rounded(scale))
	}
	if offset != 0 {
		l.set("offset", rounded(offset))
	}
	y.layer = l
	return &y, nil
}

// float returns a number among the attributes, or what it is when left out.
func (l *layer) float(key string, absent float64) float64 {
	if v, ok := l.attr(key).(float64); ok {
		return v
	}
	return absent
}

// stretch multiplies by a constant: one number waits for a layer that takes it in; one for each feature goes into the
// weights of the linear layer before, into the scale of a norm, into the preprocessing, or into a layer of its own.
func (im *importer) stretch(n *Node, x *value, c *array, at int) (*value, error) {
	if err := finite(c); err != nil {
		return nil, err
	}
	if y, err := im.eachInput(n, x, c, true); y != nil || err != nil {
		return y, err
	}
	forbids, err := im.penalty(n, x, c)
	if err != nil {
		return nil, err
	}
	// A factor behind a softmax is none of the scores.
	if x.label != nil || x.heads != nil && x.heads.stage != scored {
		var err error
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
	}
	if v, ok := c.scalar(); ok && len(c.dims) <= len(x.axes) {
		if v == 1 {
			return x, nil
		}
		if raw(x.layer) && !im.own {
			return im.affine(n, x, c, true)
		}
		if x.heads == nil && (im.own || x.label == nil && im.wavesOnly(n)) {
			return im.rescaled(n, x, v, 0)
		}
		y := *x
		y.scale *= v
		y.forbids = forbids
		y.bits = x.bits && v == 1
		if x.heads != nil && x.heads.mask != nil { // which was added before the product
			h := *x.heads
			h.mask = mapped(h.mask, func(m float64) float64 { return m * v })
			y.heads = &h
		}
		y.shared = x.shared || !im.sole(n, at)
		y.positive = x.positive && v >= 0
		if v != x.scale && y.heads == nil && slices.Contains(linear, y.layer.kind) && im.sole(n, at) &&
			y.layer.attr("activation") == nil {
			return im.plain(n, &y)
		}
		return &y, nil
	}
	if x.heads != nil {
		var err error
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
	}
	if raw(x.layer) && !im.own {
		if y, err := im.affine(n, x, c, true); err == nil {
			return y, nil
		}
	}
	if features, err := im.perFeature(x, c); err == nil && im.sole(n, at) && im.together(x.layer, n) &&
		x.layer.attr("activation") == nil && x.scale == 1 {
		l := x.layer.clone()
		known := true
		switch {
		case slices.Contains(norms, l.kind):
			scaleParam(l, "gamma", features)
			scaleParam(l, "beta", features)
		case l.kind == "dense" || l.kind == "conv1d" || l.kind == "conv2d":
			scaleParam(l, "kernel", features)
			scaleParam(l, "bias", features)
		default:
			known = false
		}
		if known {
			l.origin = append(l.origin, n.String())
			im.layers = append(im.layers, l)
			return x.like(l), nil
		}
	}
	x, factors, err := im.varying(n, x, c)
	if err != nil {
		return nil, err
	}
	if x, err = im.plain(n, x); err != nil {
		return nil, err
	}
	l := im.add(n, "affine", x.layer)
	l.set("use_bias", false)
	l.params = []param{{"gamma", []int{len(factors)}, factors}}
	return x.like(l), nil
}

// norms have a factor γ and a summand β for each feature.
var norms = []string{"batch_norm", "layer_norm", "group_norm", "affine"}

// together tells whether a constant of a node may go into a layer: in a file of nngen if it is of that very layer.
func (im *importer) together(l *layer, n *Node) bool { return !im.own || l.hint == hintOf(n) }

// scaleParam multiplies the last axis of a parameter.
func scaleParam(l *layer, role string, by []float64) {
	p := l.param(role)
	if p == nil {
		return
	}
	data := slices.Clone(p.data)
	for i := range data {
		data[i] *= by[i%len(by)]
	}
	p.data = data
}

// shift adds a constant: to the bias of the linear layer or norm before, to the preprocessing, or by a layer of its
// own.
func (im *importer) shift(n *Node, x *value, c *array, at int) (*value, error) {
	if err := finite(c); err != nil {
		return nil, err
	}
	if y, err := im.eachInput(n, x, c, false); y != nil || err != nil {
		return y, err
	}
	if x.label != nil || x.heads != nil {
		var err error
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
	}
	number, single := c.scalar()
	single = single && len(c.dims) <= len(x.axes)
	if single && number == 0 {
		return x, nil
	}
	if raw(x.layer) && x.scale == 1 && !im.own {
		if y, err := im.affine(n, x, c, false); err == nil {
			return y, nil
		}
	}
	if y := im.shiftedInside(n, x, c, at); y != nil {
		return y, nil
	}
	if single {
		return im.rescaled(n, x, 1, number)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	if places, ok := im.perStep(x, c); ok {
		return im.places(n, x, places), nil
	}
	x, summands, err := im.varying(n, x, c)
	if err != nil {
		return nil, err
	}
	l := im.add(n, "affine", x.layer)
	width := []int{len(summands)}
	l.params = []param{{"gamma", width, slices.Repeat([]float64{1}, width[0])}, {"beta", width, summands}}
	l.made = []string{"gamma"}
	return x.like(l), nil
}

// places adds a number for each step and feature of a sequence; where that was done already, the two are one.
func (im *importer) places(n *Node, x *value, numbers []float64) *value {
	l := x.layer
	if l.kind == "positional_encoding" && l.attr("encoding") == "learned" && im.sole(n, 0) && im.together(l, n) {
		l = l.clone()
		l.origin = append(l.origin, n.String())
		im.layers = append(im.layers, l)
		sum := slices.Clone(l.params[0].data)
		for i, v := range numbers {
			sum[i] += v
		}
		numbers = sum
	} else {
		l = im.add(n, "positional_encoding", x.layer)
		l.set("encoding", "learned")
	}
	l.params = []param{{"embeddings", x.store.extents(), numbers}}
	return x.like(l)
}

// shiftedInside adds a constant for each feature to the bias of the layer before; nil if that has none, or others read
// it.
func (im *importer) shiftedInside(n *Node, x *value, c *array, at int) *value {
	features, err := im.perFeature(x, c)
	if err != nil || !im.sole(n, at) || x.layer.attr("activation") != nil || !im.together(x.layer, n) {
		return nil
	}
	if x.scale != 1 {
		if !slices.Contains(linear, x.layer.kind) {
			return nil
		}
		if x, err = im.plain(n, x); err != nil {
			return nil
		}
	}
	l := x.layer.clone()
	role := ""
	switch {
	case slices.Contains(norms, l.kind):
		role = "beta"
	case l.kind == "multi_head_attention" && l.param("output_bias") != nil:
		role = "output_bias"
	case slices.Contains(linear, l.kind) || l.kind == "tied_dense":
		role = "bias"
	default:
		return nil
	}
	width := axes{x.store[len(x.store)-1]}.extents()[0]
	if p := l.param(role); p != nil {
		data := slices.Clone(p.data)
		for i := range data {
			data[i] += features[i%len(features)]
		}
		p.data = data
	} else {
		l.setBias(&array{dims: []int{len(features)}, data: features}, width)
		l.params[len(l.params)-1].role = role
	}
	l.origin = append(l.origin, n.String())
	im.layers = append(im.layers, l)
	return x.like(l)
}

// perFeature returns a constant as numbers for the last axis of the spec's array: it must be constant along the others.
func (im *importer) perFeature(x *value, c *array) ([]float64, error) {
	if len(c.data) == 1 {
		return c.data, nil
	}
	dims := x.axes.extents()
	if len(c.dims) > len(dims) {
		return nil, fmt.Errorf("a constant of %v for an input of %s", c.dims, x.axes)
	}
	var varies []int
	for i, d := range c.dims {
		if d == 1 {
			continue
		}
		k := i + len(dims) - len(c.dims)
		if d != dims[k] {
			return nil, fmt.Errorf("a constant of %v for an input of %s", c.dims, x.axes)
		}
		varies = append(varies, k)
	}
	if len(varies) != 1 || len(x.store) == 0 || !sameAtoms(x.axes[varies[0]], x.store[len(x.store)-1]) {
		return nil, fmt.Errorf("a constant of %v along an axis that is not that of the features of %s", c.dims, x.axes)
	}
	out := make([]float64, len(c.data))
	for i, k := range order(x.axes[varies[0]], x.store[len(x.store)-1]) {
		out[i] = c.data[k]
	}
	return out, nil
}

// perStep returns a constant with a number for each step and feature of a sequence.
func (im *importer) perStep(x *value, c *array) ([]float64, bool) {
	if len(x.store) != 2 || len(x.axes) != 3 || !equalAxes(x.store, x.axes[1:]) {
		return nil, false
	}
	dims := c.dims
	if len(dims) == 3 && dims[0] == 1 {
		dims = dims[1:]
	}
	return c.data, slices.Equal(dims, x.store.extents()) && dims[0] > 1
}

// raw tells whether a layer is an input, or preprocessing of one.
func raw(l *layer) bool { return l != nil && (l.kind == "input" || l.kind == "preprocess") }

// affine makes or changes the step of preprocessing behind an input, y = (x − center)·scale: it multiplies by a
// constant, or adds it. A sum behind a step that has both is a step of its own, as it was in a pipeline.
func (im *importer) affine(n *Node, x *value, c *array, times bool) (*value, error) {
	numbers, err := im.everywhere(x, c)
	if err != nil {
		return nil, err
	}
	width := len(numbers)
	l := x.layer
	if l.kind == "preprocess" && (times || !l.centered() || uniform(l.params[1].data) && l.params[1].data[0] == 1) {
		l = l.clone()
	} else {
		l = &layer{kind: "preprocess", hint: hintOf(n), in: []*layer{x.layer},
			params: []param{{"center", []int{width}, make([]float64, width)},
				{"scale", []int{width}, slices.Repeat([]float64{1}, width)}}}
	}
	l.origin = append(l.origin, n.String())
	center, scale := slices.Clone(l.params[0].data), slices.Clone(l.params[1].data)
	for i, v := range numbers {
		switch {
		case times:
			scale[i] *= v
		case scale[i] == 0:
			return nil, errors.New("the input is multiplied by 0 before a sum")
		default:
			center[i] -= v / scale[i]
		}
	}
	l.params = []param{{"center", []int{width}, center}, {"scale", []int{width}, scale}}
	im.layers = append(im.layers, l)
	return x.like(l), nil
}

// centered tells whether a step of preprocessing subtracts something.
func (l *layer) centered() bool { return !uniform(l.params[0].data) || l.params[0].data[0] != 0 }

// eachInput does what affine does to inputs that lie side by side: to each its part of the constant. It returns nil for
// other values.
func (im *importer) eachInput(n *Node, x *value, c *array, times bool) (*value, error) {
	if im.own || x.layer == nil || x.layer.kind != "concatenate" || x.heads != nil || x.label != nil || x.scale != 1 ||
		len(x.axes) != 2 || len(x.store) != 1 ||
		slices.ContainsFunc(x.layer.in, func(l *layer) bool { return !raw(l) || len(l.extents()) != 1 }) {
		return nil, nil
	}
	numbers, err := im.everywhere(x, c)
	if err != nil {
		return nil, err
	}
	l := x.layer.clone()
	l.origin = append(l.origin, n.String())
	at := 0
	for i, from := range l.in {
		width := from.extents()[0]
		part := []*atom{{size: width}}
		y, err := im.affine(n, &value{layer: from, axes: axes{x.axes[0], part}, store: axes{part}, scale: 1},
			&array{dims: []int{width}, data: numbers[at : at+width]}, times)
		if err != nil {
			return nil, err
		}
		l.in[i] = y.layer
		at += width
	}
	im.layers = append(im.layers, l)
	return x.like(l), nil
}

// forked makes layers of preprocessing where what is before it is read in another way too, as it is or scaled
// otherwise: a spec preprocesses an input once, for all that read it.
func (im *importer) forked() error {
	ways := map[*layer]int{}
	for _, l := range im.layers {
		for _, from := range l.in {
			if raw(from) {
				ways[from]++
			}
		}
	}
	for _, l := range im.layers {
		if l.kind != "preprocess" || raw(l.in[0]) && ways[l.in[0]] < 2 { // a step behind one that is a layer now is one too
			continue
		}
		input := l.in[0]
		for input.kind != "input" {
			input = input.in[0]
		}
		center, scale := l.params[0].data, l.params[1].data
		if uniform(center) && uniform(scale) {
			l.kind, l.params = "rescaling", nil
			l.set("scale", rounded(scale[0]))
			if center[0] != 0 {
				l.set("offset", rounded(-center[0]*scale[0]))
			}
			continue
		}
		dims := input.shape.extents()
		width := dims[len(dims)-1]
		gamma, beta := scale[:width], make([]float64, width)
		for i := range center {
			if center[i] != center[i%width] || scale[i] != scale[i%width] {
				return fmt.Errorf("input %q is read as it is and scaled element by element: scale it in another way, or in the "+
					"program before", input.hint)
			}
			beta[i%width] = -center[i] * scale[i]
		}
		l.kind, l.params = "affine", []param{{"gamma", []int{width}, gamma}, {"beta", []int{width}, beta}}
	}
	return nil
}

// extents returns the shape of an input or of preprocessing behind it.
func (l *layer) extents() []int {
	for l.kind == "preprocess" {
		l = l.in[0]
	}
	return l.shape.extents()
}

// everywhere returns a constant for each element of an example, in the spec's order.
func (im *importer) everywhere(x *value, c *array) ([]float64, error) {
	inner := make([]*atom, 0, len(x.axes))
	dims := x.axes.extents()
	for i, axis := range x.axes {
		if slices.ContainsFunc(axis, func(a *atom) bool { return a.batch }) {
			if dims[i] = 1; len(axis) != 1 {
				return nil, fmt.Errorf("a constant of %v for an input of %s", c.dims, x.axes)
			}
			continue
		}
		inner = append(inner, axis...)
	}
	if product(dims) > maxConstant {
		return nil, errLarge
	}
	full, err := broadcast(&array{dims: dims, data: make([]float64, product(dims))}, c,
		func(_, v float64) float64 { return v })
	if err != nil {
		return nil, err
	}
	if len(full.data) != product(dims) || !slices.Equal(full.dims, dims) {
		return nil, fmt.Errorf("a constant of %v for an input of %s", c.dims, x.axes)
	}
	if len(inner) == 0 {
		return full.data, nil
	}
	out := make([]float64, 0, len(full.data))
	for _, k := range order(inner, x.store.atoms()) {
		out = append(out, full.data[k])
	}
	return out, nil
}
