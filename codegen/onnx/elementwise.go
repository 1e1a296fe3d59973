package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// fusable are the kinds that take an activation as an attribute.
var fusable = []string{"dense", "conv1d", "conv2d", "depthwise_conv1d", "depthwise_conv2d", "conv2d_transpose"}

// activate applies an activation: in the layer before, if nothing else reads that, else as a layer.
func (im *importer) activate(n *Node, in []*value, kind string, attrs ...attribute) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	l := x.layer
	if slices.Contains(fusable, l.kind) && l.attr("activation") == nil && im.sole(n, 0) {
		l = l.clone()
		l.origin = append(l.origin, n.String())
		im.layers = append(im.layers, l)
		l.set("activation", called{kind, attrs})
	} else {
		l = im.add(n, kind, x.layer)
		l.attrs = attrs
	}
	y := x.like(l)
	y.positive = slices.Contains([]string{"relu", "relu6", "sigmoid", "softplus", "softmax", "hard_sigmoid"}, kind)
	return []*value{y}, nil
}

// called is a kind with attributes, as an activation is written.
type called struct {
	kind  string
	attrs []attribute
}

func activation(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) { return im.activate(n, in, kind) }
}

func swish(im *importer, n *Node, in []*value) ([]*value, error) {
	if a := n.float("alpha", 1); a != 1 {
		return nil, fmt.Errorf("alpha is %g: silu has 1", a)
	}
	return im.activate(n, in, "silu")
}

func gelu(im *importer, n *Node, in []*value) ([]*value, error) {
	if n.word("approximate", "none") == "tanh" {
		return im.activate(n, in, "gelu", attribute{"approximate", "tanh"})
	}
	return im.activate(n, in, "gelu")
}

// rounded returns a float32 attribute as the shortest decimal that gives it.
func rounded(v float64) float64 { return shortest(float32(v)) }

func elu(im *importer, n *Node, in []*value) ([]*value, error) {
	if a := rounded(n.float("alpha", 1)); a != 1 {
		return im.activate(n, in, "elu", attribute{"alpha", a})
	}
	return im.activate(n, in, "elu")
}

// The constants of selu: Klambauer et al., Self-normalizing neural networks, 2017.
const seluAlpha, seluGamma = 1.6732632423543772, 1.0507009873554805

func selu(im *importer, n *Node, in []*value) ([]*value, error) {
	a, g := n.float("alpha", seluAlpha), n.float("gamma", seluGamma)
	if math.Abs(a-seluAlpha) > 1e-6 || math.Abs(g-seluGamma) > 1e-6 {
		return nil, fmt.Errorf("alpha %g and gamma %g: selu has %g and %g", a, g, seluAlpha, seluGamma)
	}
	return im.activate(n, in, "selu")
}

func leakyRelu(im *importer, n *Node, in []*value) ([]*value, error) {
	a := rounded(n.float("alpha", 0.01))
	if a == 0.01 {
		return im.activate(n, in, "leaky_relu")
	}
	return im.activate(n, in, "leaky_relu", attribute{"negative_slope", a})
}

func hardSigmoid(im *importer, n *Node, in []*value) ([]*value, error) {
	a, b := n.float("alpha", 0.2), n.float("beta", 0.5)
	if math.Abs(a-1.0/6) > 1e-6 || b != 0.5 {
		return nil, fmt.Errorf("alpha %g and beta %g: hard_sigmoid has 1/6 and 1/2", a, b)
	}
	return im.activate(n, in, "hard_sigmoid")
}

// clip is relu, relu6 or clip. Before opset 11 its limits are attributes.
func clip(im *importer, n *Node, in []*value) ([]*value, error) {
	lo, hi := n.float("min", math.Inf(-1)), n.float("max", math.Inf(1))
	for i, limit := range []*float64{&lo, &hi} {
		a, err := constantIn(in, i+1, "limits")
		if err != nil {
			return nil, err
		}
		if v, ok := a.scalar(); ok {
			*limit = v
		}
	}
	huge := func(v float64) bool { return math.Abs(v) >= math.MaxFloat32 }
	switch {
	case lo == 0 && huge(hi):
		return im.activate(n, in, "relu")
	case lo == 0 && hi == 6:
		return im.activate(n, in, "relu6")
	case huge(lo) && huge(hi):
		return same(im, n, in)
	case huge(lo) || huge(hi) || !(lo <= hi):
		return nil, fmt.Errorf("limits %g and %g: clip needs both", lo, hi)
	}
	return im.activate(n, in, "clip", attribute{"min", rounded(lo)}, attribute{"max", rounded(hi)})
}

// prelu has a slope for each channel, or one for all.
func prelu(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	slope, err := needed(in, 1, "slopes", -1)
	if err != nil {
		return nil, err
	}
	// ONNX broadcasts from the right: channels come first there, but last in dense layers.
	channel := len(x.axes) - 1
	if len(x.axes) > 2 && len(slope.data) > 1 && slope.dims[len(slope.dims)-1] == 1 {
		channel = 1
	}
	if len(x.axes) > 2 && channel == 1 {
		if x, err = im.imaged(n, x); err != nil {
			return nil, err
		}
	}
	if len(x.store) == 0 {
		return nil, errors.New("its input is one number")
	}
	width := axes{x.store[len(x.store)-1]}.extents()[0]
	data := slope.data
	switch {
	case len(data) == 1:
		data = slices.Repeat(data, width)
	case len(data) != width || !slices.Equal(x.axes[channel], x.store[len(x.store)-1]):
		return nil, fmt.Errorf("%d slopes for an input of %s: want one, or one for each channel", len(data), x.axes)
	}
	l := im.add(n, "prelu", x.layer)
	l.params = append(l.params, param{"alpha", []int{width}, data})
	return one(x.like(l), nil)
}

// softmax goes over the last axis of the spec's array.
func softmax(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		if len(in) > 0 && in[0] != nil && in[0].heads != nil && kind == "softmax" {
			return one(im.headSoftmax(n, in[0]))
		}
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		absent := -1
		if im.opset(n) < 13 {
			absent = 1
		}
		k, err := axis(n.int("axis", absent), len(x.axes))
		if err != nil {
			return nil, err
		}
		over := x.axes[k]
		if im.opset(n) < 13 {
			over = x.axes[k:].atoms() // older forms go over all axes from there on
		}
		if len(x.store) == 0 || !sameAtoms(over, x.store[len(x.store)-1]) {
			rest := axes{}
			for _, a := range x.axes.features() {
				if !slices.Contains(over, a[0]) {
					rest = append(rest, a)
				}
			}
			x = im.aligned(n, x, append(rest, over))
		}
		return im.activate(n, []*value{x}, kind)
	}
}

// joining are the sums, products, … of several inputs of one shape.
func joining(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) { return one(im.join(n, kind, in)) }
}

func (im *importer) join(n *Node, kind string, in []*value) (*value, error) {
	if len(in) == 1 {
		return im.activated(n, in, 0)
	}
	var parts []*value
	for i := range in {
		v, err := im.activated(n, in, i)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			var first *value
			if first, v, err = agreed(parts[0], v); err != nil {
				return nil, err
			}
			parts[0] = first
			v = im.aligned(n, v, first.store)
		}
		parts = append(parts, v)
	}
	l := im.add(n, kind)
	for _, p := range parts {
		l.in = append(l.in, p.layer)
	}
	y := parts[0].like(l)
	y.positive = kind != "subtract" && !slices.ContainsFunc(parts, func(p *value) bool { return !p.positive })
	return y, nil
}

// agreed gives two values of one shape the same atoms.
func agreed(a, b *value) (*value, *value, error) {
	if !slices.Equal(a.axes.extents(), b.axes.extents()) {
		return nil, nil, fmt.Errorf("shapes %s and %s differ, and arrays that depend on the input are not stretched", a.axes, b.axes)
	}
	splitA, splitB, err := match(a.axes, b.axes)
	if err != nil {
		return nil, nil, err
	}
	x, y := *a, *b
	x.axes, x.store = a.axes.replaced(splitA), a.store.replaced(splitA)
	y.axes, y.store = b.axes.replaced(splitB), b.store.replaced(splitB)
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
		return one(im.join(n, "add", in))
	}
	if x.heads != nil {
		return one(im.headMask(x, c))
	}
	if allZero(c) {
		return one(x, nil)
	}
	return one(im.shift(n, x, c, at))
}

func sub(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	switch {
	case x == nil:
		return one(im.join(n, "subtract", in))
	case at == 0:
		return one(im.shift(n, x, mapped(c, func(v float64) float64 { return -v }), at))
	}
	if v, ok := c.scalar(); ok && v == 1 && x.konst == nil {
		y := *x
		y.label = &label{complement: x}
		return one(&y, nil)
	}
	return nil, errors.New("a constant minus an activation: no layer does that")
}

func mul(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x == nil {
		return one(im.join(n, "multiply", in))
	}
	return one(im.stretch(n, x, c, at))
}

func div(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x == nil || at != 0 {
		return nil, errors.New("a division by an activation: no layer does that")
	}
	return one(im.stretch(n, x, mapped(c, func(v float64) float64 { return 1 / v }), at))
}

func allZero(c *array) bool {
	return !slices.ContainsFunc(c.data, func(v float64) bool { return v != 0 })
}

// stretch multiplies by a constant: one number waits for a layer that takes it in; one for each feature goes into the
// weights of the linear layer before, into the scale of a norm, or into the preprocessing.
func (im *importer) stretch(n *Node, x *value, c *array, at int) (*value, error) {
	if v, ok := c.scalar(); ok {
		y := *x
		y.scale *= v
		if y.layer != nil && y.heads == nil {
			if raw(y.layer) {
				return im.affine(n, x, c, true)
			}
			if v != x.scale && slices.Contains(linear, y.layer.kind) && im.sole(n, at) && y.layer.attr("activation") == nil {
				return im.plain(n, &y)
			}
		}
		return &y, nil
	}
	if x.layer != nil && raw(x.layer) {
		return im.affine(n, x, c, true)
	}
	features, err := im.perFeature(x, c)
	if err != nil {
		return nil, err
	}
	l := x.layer.clone()
	switch {
	case !im.sole(n, at) || l.attr("activation") != nil:
		return nil, errors.New("a product with a number for each feature is taken in by a linear layer or norm right before it, which here others read too")
	case slices.Contains(norms, l.kind):
		scaleParam(l, "gamma", features)
		scaleParam(l, "beta", features)
	case l.kind == "dense" || l.kind == "conv1d" || l.kind == "conv2d":
		scaleParam(l, "kernel", features)
		scaleParam(l, "bias", features)
	default:
		return nil, fmt.Errorf("a product with a number for each feature behind a %s: no layer does that", l.kind)
	}
	l.origin = append(l.origin, n.String())
	im.layers = append(im.layers, l)
	return x.like(l), nil
}

// norms have a factor γ and a summand β for each feature.
var norms = []string{"batch_norm", "layer_norm", "group_norm"}

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

// shift adds a constant for each feature: to the bias of the linear layer or norm before, or in the preprocessing.
func (im *importer) shift(n *Node, x *value, c *array, at int) (*value, error) {
	if x.scale != 1 {
		var err error
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
	}
	if x.heads != nil || x.label != nil || x.layer == nil {
		return nil, errors.New("a sum within an attention of a form that is not known")
	}
	if raw(x.layer) {
		return im.affine(n, x, c, false)
	}
	if places, ok := im.perStep(x, c); ok {
		l := im.add(n, "positional_encoding", x.layer)
		l.set("encoding", "learned")
		l.params = []param{{"embeddings", x.store.extents(), places}}
		return x.like(l), nil
	}
	features, err := im.perFeature(x, c)
	if err != nil {
		return nil, err
	}
	l := x.layer.clone()
	role := "bias"
	switch {
	case slices.Contains(norms, l.kind):
		role = "beta"
	case l.kind == "multi_head_attention":
		role = "output_bias"
	}
	if !im.sole(n, at) || l.attr("activation") != nil || !slices.Contains(linear, l.kind) && role == "bias" || role == "output_bias" && l.param(role) == nil {
		return nil, fmt.Errorf("a constant is added behind a %s: only a linear layer or norm right before, which nothing else reads, takes it in", l.kind)
	}
	if p := l.param(role); p != nil {
		data := slices.Clone(p.data)
		for i := range data {
			data[i] += features[i%len(features)]
		}
		p.data = data
	} else {
		width := axes{x.store[len(x.store)-1]}.extents()[0]
		l.setBias(&array{dims: []int{len(features)}, data: features}, width)
	}
	l.origin = append(l.origin, n.String())
	im.layers = append(im.layers, l)
	return x.like(l), nil
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
func raw(l *layer) bool { return l.kind == "input" || l.kind == "preprocess" }

// affine makes or changes the step of preprocessing behind an input, y = (x − center)·scale: it multiplies by a constant, or
// adds it.
func (im *importer) affine(n *Node, x *value, c *array, times bool) (*value, error) {
	numbers, err := im.everywhere(x, c)
	if err != nil {
		return nil, err
	}
	width := len(numbers)
	var l *layer
	if x.layer.kind == "preprocess" {
		l = x.layer.clone()
		l.origin = append(l.origin, n.String())
		im.layers = append(im.layers, l)
	} else {
		l = im.add(n, "preprocess", x.layer)
		l.params = []param{{"center", []int{width}, make([]float64, width)}, {"scale", []int{width}, slices.Repeat([]float64{1}, width)}}
	}
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
	return x.like(l), nil
}

// everywhere returns a constant for each element of an example, in the spec's order.
func (im *importer) everywhere(x *value, c *array) ([]float64, error) {
	dims := x.axes.extents()
	dims[0] = 1
	full, err := broadcast(&array{dims: dims, data: make([]float64, product(dims))}, c, func(_, v float64) float64 { return v })
	if err != nil {
		return nil, err
	}
	if len(x.axes[0]) != 1 || !x.axes[0][0].batch || len(full.data) != product(dims) {
		return nil, fmt.Errorf("a constant of %v for an input of %s", c.dims, x.axes)
	}
	out := make([]float64, len(full.data))
	for i, k := range order(x.axes[1:].atoms(), x.store.atoms()) {
		out[i] = full.data[k]
	}
	return out, nil
}
