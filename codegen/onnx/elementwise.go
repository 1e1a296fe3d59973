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
		l.rounding, l.before = nil, l.rounding
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
		x, err := im.plain(n, in[0])
		if err != nil {
			return nil, err
		}
		s, err := im.rescaled(n, x, a, 0)
		if err != nil {
			return nil, err
		}
		if s, err = im.element(n, s, "sigmoid"); err != nil {
			return nil, err
		}
		return one(im.join(n, "multiply", []*value{x, s}))
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
		x, err := im.element(n, in[0], "elu", attribute{"alpha", rounded(a)})
		if err == nil {
			x.scale = g
		}
		return one(x, err)
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

// hardSigmoid is max(0, min(1, α·x + β)).
func hardSigmoid(im *importer, n *Node, in []*value) ([]*value, error) {
	a, b := n.float("alpha", 0.2), n.float("beta", 0.5)
	if math.Abs(a-1.0/6) <= 1e-6 && b == 0.5 {
		return im.activate(n, in, "hard_sigmoid")
	}
	x, err := im.rescaled(n, in[0], a, b)
	if err != nil {
		return nil, err
	}
	return one(im.element(n, x, "clip", attribute{"min", 0.0}, attribute{"max", 1.0}))
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
	case lo > hi:
		lo = hi // ONNX takes the smaller limit last
	}
	if lo == hi {
		return nil, fmt.Errorf("both limits are %g: the result does not depend on the input", lo)
	}
	return im.activate(n, in, "clip", attribute{"min", rounded(math.Max(lo, -limitless))},
		attribute{"max", rounded(math.Min(hi, limitless))})
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
	if len(slope.data) > 1 && channel > 0 {
		x = im.withLast(n, x, x.axes[channel])
	}
	width := axes{x.store[len(x.store)-1]}.extents()[0]
	data, rows := slope.data, x.store
	switch {
	case len(data) == 1 && width > 1: // all numbers are of one feature
		rows = axes{x.store.atoms(), nil}
	case len(data) != width || channel < 0 || !slices.Equal(x.axes[channel], x.store[len(x.store)-1]):
		return nil, fmt.Errorf("%d slopes for an input of %s: want one, or one for each channel", len(data), x.axes)
	}
	moved := &Node{Op: n.Op, Out: n.Out} // the name is the prelu's
	l := im.add(n, "prelu", im.reshaped(moved, x.layer, x.store, rows))
	l.params = append(l.params, param{"alpha", []int{len(data)}, data})
	return one(x.like(im.reshaped(moved, l, rows, x.store)), nil)
}

// withLast returns x with some atoms as the last axis of its spec array.
func (im *importer) withLast(n *Node, x *value, over []*atom) *value {
	if len(x.store) > 0 && sameAtoms(over, x.store[len(x.store)-1]) {
		return x
	}
	rest := axes{}
	for _, a := range x.axes.features() {
		if !slices.Contains(over, a[0]) {
			rest = append(rest, a)
		}
	}
	return im.aligned(n, x, append(rest, over))
}

// softmax goes over the last axis of the spec's array.
func softmax(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		if len(in) > 0 && in[0] != nil && in[0].heads != nil && kind == "softmax" {
			if y, err := im.headSoftmax(n, in[0]); y != nil || err != nil {
				return one(y, err)
			}
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
		if slices.ContainsFunc(over, func(a *atom) bool { return a.batch }) {
			return nil, blame("axis", "%d goes over the examples, which a network treats apart", k)
		}
		x = im.withLast(n, x, over)
		return im.activate(n, []*value{x}, kind)
	}
}

func celu(im *importer, n *Node, in []*value) ([]*value, error) {
	if a := rounded(n.float("alpha", 1)); a != 1 {
		return im.activate(n, in, "celu", attribute{"alpha", a})
	}
	return im.activate(n, in, "celu")
}

func thresholdedRelu(im *importer, n *Node, in []*value) ([]*value, error) {
	if a := rounded(n.float("alpha", 1)); a != 1 {
		return im.activate(n, in, "thresholded_relu", attribute{"theta", a})
	}
	return im.activate(n, in, "thresholded_relu")
}

// castTo changes nothing from one type of floating-point numbers to another, nor from whole numbers to those. Fractions
// are not cut off.
func castTo(im *importer, n *Node, in []*value) ([]*value, error) {
	e, ok := elementTypes[int32(n.int("to", 1))]
	switch {
	case !ok || e.name == "string":
		return nil, fmt.Errorf("to %s: a network computes in float32", typeName(int32(n.int("to", 1))))
	case e.name == "bool" && !in[0].whole && !in[0].bits: // whether it is another number than 0
		same, err := equal(im, &Node{Op: n.Op, Name: n.Name, Out: n.Out, In: []string{n.in(0), ""}},
			[]*value{in[0], {konst: &array{data: []float64{0}}}})
		if err != nil {
			return nil, err
		}
		y, err := im.complement(n, same[0])
		if err != nil {
			return nil, err
		}
		y.bits = true
		return one(y, nil)
	case e.name == "bool" && !in[0].bits:
		if p := im.paddingMask(n, in[0], &value{konst: &array{data: []float64{1}}}, false); p != nil {
			return one(p, nil)
		}
		im.remark(fmt.Sprintf("%s: what it reads is taken for zeros and ones", n))
	case e.whole && !in[0].ofInts() && !in[0].bits:
		return nil, fmt.Errorf("to %s, which cuts fractions off: no layer does that", e.name)
	}
	if e.name == "float16" || e.name == "bfloat16" {
		im.remark(fmt.Sprintf("%s to %s → dropped: the network computes in float32, and what the model rounds there differs", n,
			e.name))
	}
	y := *in[0]
	y.whole, y.ints = in[0].whole && e.whole, e.whole && e.name != "bool"
	return one(&y, nil)
}

// dropout changes nothing in inference.
func dropout(im *importer, n *Node, in []*value) ([]*value, error) {
	training, err := constantIn(in, 2, "training mode")
	if err != nil {
		return nil, err
	}
	if v, ok := training.scalar(); ok && v != 0 {
		return nil, errors.New("training_mode is set: export the model for inference")
	}
	if len(n.Out) > 1 && n.Out[1] != "" && im.reads[n.Out[1]] > 0 {
		return nil, errors.New("its mask is read, which no layer gives")
	}
	return same(im, n, in)
}
