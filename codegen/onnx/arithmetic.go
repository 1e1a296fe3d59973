package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// sides returns the activation and the constant of a node with one of each, and at which place the activation stands.
func sides(in []*value) (x *value, c *array, at int) {
	if len(in) != 2 || in[0] == nil || in[1] == nil || (in[0].konst == nil) == (in[1].konst == nil) {
		return nil, nil, 0
	}
	if in[0].konst == nil {
		return in[0], in[1].konst, 0
	}
	return in[1], in[0].konst, 1
}

func add(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x == nil {
		if y, err := im.forbidden(n, in); y != nil || err != nil {
			return one(y, err)
		}
		return one(im.join(n, "add", in))
	}
	if x.heads != nil && x.heads.stage == scored {
		if y, err := im.headMask(x, c); err == nil {
			return one(y, nil)
		}
	}
	return one(im.shift(n, x, c, at))
}

func negative(c *array) *array { return mapped(c, func(v float64) float64 { return -v }) }

func sub(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	switch {
	case x == nil:
		return one(im.join(n, "subtract", in))
	case at == 0:
		return one(im.shift(n, x, negative(c), at))
	}
	if v, ok := c.scalar(); ok && v == 1 && x.label == nil {
		y := *x
		y.label = &label{complement: x}
		return one(&y, nil)
	}
	minus, err := im.stretch(n, x, &array{data: []float64{-1}}, at)
	if err != nil {
		return nil, err
	}
	return one(im.shift(n, minus, c, at))
}

func mul(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x == nil {
		return one(im.join(n, "multiply", in))
	}
	return one(im.stretch(n, x, c, at))
}

// div is a product with reciprocals.
func div(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x != nil && at == 0 {
		return one(im.stretch(n, x, mapped(c, func(v float64) float64 { return 1 / v }), at))
	}
	below, err := im.element(n, in[1], "reciprocal")
	if err != nil {
		return nil, err
	}
	if x != nil {
		return one(im.stretch(n, below, c, at))
	}
	return one(im.join(n, "multiply", []*value{in[0], below}))
}

func allZero(c *array) bool {
	return !slices.ContainsFunc(c.data, func(v float64) bool { return v != 0 })
}

// element applies a function of elements that is a layer of its own.
func (im *importer) element(n *Node, x *value, kind string, attrs ...attribute) (*value, error) {
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	l := im.add(n, kind, x.layer)
	l.attrs = attrs
	y := x.like(l)
	y.positive = slices.Contains([]string{"exp", "abs", "sqrt", "square", "relu", "step"}, kind)
	return y, nil
}

// function is an operator that element applies.
func function(kind string, attrs ...attribute) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		return one(im.element(n, in[0], kind, attrs...))
	}
}

func neg(im *importer, n *Node, in []*value) ([]*value, error) {
	return one(im.stretch(n, in[0], &array{data: []float64{-1}}, 0))
}

// sign is 1, −1 or 0 as x is positive, negative or 0: whether it is at least 0, less whether −x is.
func sign(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.plain(n, in[0])
	if err != nil {
		return nil, err
	}
	above, err := im.element(n, x, "step")
	if err != nil {
		return nil, err
	}
	if x, err = im.rescaled(n, x, -1, 0); err != nil {
		return nil, err
	}
	below, err := im.element(n, x, "step")
	if err != nil {
		return nil, err
	}
	return one(im.join(n, "subtract", []*value{above, below}))
}

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

// pow is a power with a constant exponent that layers know, or of a constant base.
func pow(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	e, ok := c.scalar()
	switch {
	case x == nil || !ok:
		return nil,
			errors.New("a power whose exponent depends on the input, or differs from element to element: no layer does that")
	case at == 1 && e > 0:
		y, err := im.stretch(n, x, &array{data: []float64{math.Log(e)}}, 1)
		if err != nil {
			return nil, err
		}
		return one(im.element(n, y, "exp"))
	case at == 1:
		return nil, fmt.Errorf("a power of %g: only powers of positive numbers are", e)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	return one(im.power(n, x, e))
}

// roots are powers that functions of elements give.
var roots = map[float64][]string{0.5: {"sqrt"}, 0.25: {"sqrt", "sqrt"}}

// mostPower is the largest whole exponent that is written as products: at most two layers a binary digit.
const mostPower = 64

// power is x^e: products of x for a whole e, roots, or exp(e·log x), which is NaN below 0 as the power is. Of a
// negative e it is the reciprocal of the power of −e.
func (im *importer) power(n *Node, x *value, e float64) (y *value, err error) {
	switch chain := roots[e]; {
	case e != e || e == 0:
		return nil, fmt.Errorf("the exponent is %g: the result does not depend on the input", e)
	case e < 0:
		if y, err = im.power(n, x, -e); err != nil {
			return nil, err
		}
		return im.element(n, y, "reciprocal")
	case e == 1:
		return x, nil
	case chain != nil:
		y = x
		for _, f := range chain {
			if y, err = im.element(n, y, f); err != nil {
				return nil, err
			}
		}
		return y, nil
	case e > 0.5 && e < mostPower && roots[e-math.Trunc(e)] != nil || e == 0.75: // a root is more exact than exp and log
		root := math.Mod(e, 0.5)
		if root == 0 || e == 0.75 {
			root = 0.5
		}
		if y, err = im.power(n, x, e-root); err != nil {
			return nil, err
		}
		z, err := im.power(n, x, root)
		if err != nil {
			return nil, err
		}
		return im.join(n, "multiply", []*value{y, z})
	case e != math.Trunc(e):
		if y, err = im.element(n, x, "log"); err != nil {
			return nil, err
		}
		if y, err = im.stretch(n, y, &array{data: []float64{e}}, fresh); err != nil {
			return nil, err
		}
		return im.element(n, y, "exp")
	case e > mostPower:
		return nil, fmt.Errorf("the exponent is %g: whole ones up to %d are imported", e, mostPower)
	}
	if y, err = im.power(n, x, math.Floor(e/2)); err != nil {
		return nil, err
	}
	if y, err = im.element(n, y, "square"); err != nil || math.Mod(e, 2) == 0 {
		return y, err
	}
	return im.join(n, "multiply", []*value{y, x})
}

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
