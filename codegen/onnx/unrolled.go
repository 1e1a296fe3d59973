package onnx

import (
	"fmt"
	"slices"
)

// isRelu tells whether an RNN of one direction has relu in place of tanh, and nothing to begin with.
func isRelu(n *Node, in []*value) bool {
	a := n.attr("activations")
	if n.Op != "RNN" || a == nil || len(a.Strings) != 1 || a.Strings[0] != "Relu" ||
		n.word("direction", "forward") == "bidirectional" {
		return false
	}
	for i := 4; i < len(in); i++ {
		if in[i] != nil && (i == 4 || in[i].konst == nil || !allZero(in[i].konst)) {
			return false
		}
	}
	return true
}

// unrolledRNN is h ← relu(x·W + h·V + b), which no kind is, as a dense layer over all steps and one between each two,
// which all share V.
func (im *importer) unrolledRNN(n *Node, in []*value) ([]*value, error) {
	x, w, r, b, err := im.recurring(n, in)
	if err != nil {
		return nil, err
	}
	at, batch := 0, 1
	if n.int("layout", 0) == 1 {
		at, batch = 1, 0
	}
	if len(x.axes) != 3 || len(x.axes[batch]) != 1 || !x.axes[batch][0].batch || len(x.axes[at]) == 0 {
		return nil, fmt.Errorf("its input is %s, want a sequence", x.axes)
	}
	u, steps, features := r.dims[2], x.axes.extents()[at], x.axes.extents()[2]
	if !slices.Equal(w.dims, []int{1, u, features}) || !slices.Equal(r.dims, []int{1, u, u}) || b != nil &&
		!slices.Equal(b.dims, []int{1, 2 * u}) {
		return nil, fmt.Errorf("weights %v, %v for %d units and an input of %s", w.dims, r.dims, u, x.axes)
	}
	if steps > maxParts {
		return nil, blame("activations", "relu over %d steps: simple_rnn has tanh, and at most %d steps are written out; use a GRU or LSTM", steps, maxParts)
	}
	x = im.aligned(n, x, axes{x.axes[at], x.axes[2]})
	all := im.add(n, "dense", x.layer)
	all.set("units", u)
	all.params = []param{{"kernel", []int{features, u}, gated(w, 0, []int{0}, u)}}
	var bias *array
	if b != nil {
		bias = &array{dims: []int{u}, data: biases("", b, 0, []int{0}, u, 1).data}
	}
	all.setBias(bias, u)
	order := upTo(steps)
	if n.word("direction", "forward") == "reverse" {
		slices.Reverse(order)
	}
	states := make([]*layer, steps)
	var state, owner *layer
	for _, k := range order {
		l := all
		if steps > 1 {
			l = im.add(n, "cropping1d", all)
			l.set("cropping", []int{k, steps - 1 - k})
		}
		l = im.add(n, "flatten", l)
		if state != nil {
			d := im.add(n, "dense", state)
			d.set("units", u)
			d.set("use_bias", false)
			if owner == nil {
				owner = d
				d.params = []param{{"kernel", []int{u, u}, gated(r, 0, []int{0}, u)}}
			} else {
				d.set("share", sharing{owner})
			}
			l = im.add(n, "add", l, d)
		}
		state = im.add(n, "relu", l)
		states[k] = state
	}
	unit := []*atom{{size: u}}
	last := &value{layer: state, store: axes{unit}, scale: 1, positive: true}
	y := &value{layer: state, store: axes{x.axes[at], unit}, scale: 1, positive: true}
	if steps > 1 {
		y.layer = im.add(n, "concatenate", states...)
	}
	y.layer = im.reshaped(n, y.layer, axes{{{size: steps * u}}}, y.store)
	if n.int("layout", 0) == 1 {
		y.axes, last.axes = axes{x.axes[batch], x.axes[at], nil, unit}, axes{x.axes[batch], nil, unit}
	} else {
		y.axes, last.axes = axes{x.axes[at], nil, x.axes[batch], unit}, axes{nil, x.axes[batch], unit}
	}
	return []*value{y, last}, nil
}
