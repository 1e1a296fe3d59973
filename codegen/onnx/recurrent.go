package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// recurrentKinds are the kinds of recurrent layers.
var recurrentKinds = []string{"lstm", "gru", "simple_rnn"}

// cell is how an operator's gates lie in a spec's weights: the places of ONNX's gates in the spec's order.
type cell struct {
	kind  string
	gates []int
}

var cells = map[string]cell{
	"LSTM": {"lstm", []int{0, 2, 3, 1}}, // i o f c to i f c o
	"GRU":  {"gru", []int{0, 1, 2}},     // z r h
	"RNN":  {"simple_rnn", []int{0}},
}

// recurrent is LSTM, GRU or RNN, in one direction or both.
func recurrent(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	w, err := needed(in, 1, "weights", 3)
	if err != nil {
		return nil, err
	}
	r, err := needed(in, 2, "recurrent weights", 3)
	if err != nil {
		return nil, err
	}
	b, err := constantIn(in, 3, "biases")
	if err != nil {
		return nil, err
	}
	c := cells[n.Op]
	if err := plainCell(im, n, in, c, x); err != nil {
		return nil, err
	}
	u, dirs := n.int("hidden_size", r.dims[2]), w.dims[0]
	gates := len(c.gates)
	steps, batch := 0, 1
	if n.int("layout", 0) == 1 {
		steps, batch = 1, 0
	}
	if len(x.axes) != 3 || len(x.axes[batch]) != 1 || !x.axes[batch][0].batch || len(x.axes[steps]) != 1 || len(x.axes[2]) == 0 {
		return nil, fmt.Errorf("its input is %s, want a sequence", x.axes)
	}
	features := x.axes.extents()[2]
	if w.dims[1] != gates*u || w.dims[2] != features || !slices.Equal(r.dims, []int{dirs, gates * u, u}) || b != nil && !slices.Equal(b.dims, []int{dirs, 2 * gates * u}) || dirs > 2 {
		return nil, fmt.Errorf("weights %v, %v for %d units and an input of %s", w.dims, r.dims, u, x.axes)
	}
	x = im.aligned(n, x, axes{x.axes[steps], x.axes[2]})
	direction := n.word("direction", "forward")
	l := &layer{kind: c.kind, hint: hintOf(n), in: []*layer{x.layer}, origin: []string{n.String()}}
	im.layers = append(im.layers, l)
	inner := []attribute{{"units", u}, {"return_sequences", true}}
	if n.Op == "GRU" && n.int("linear_before_reset", 0) == 0 {
		inner = append(inner, attribute{"reset_after", false})
	}
	if b == nil {
		inner = append(inner, attribute{"use_bias", false})
	}
	l.attrs = inner
	switch {
	case dirs == 2:
		l.kind = "bidirectional"
		l.attrs = []attribute{{"layer", called{c.kind, inner}}}
	case direction == "reverse":
		l.set("go_backwards", true)
	}
	for d := range dirs {
		prefix := ""
		if dirs == 2 {
			prefix = []string{"forward.", "backward."}[d]
		}
		l.params = append(l.params,
			param{prefix + "kernel", []int{features, gates * u}, gated(w, d, c.gates, u)},
			param{prefix + "recurrent_kernel", []int{u, gates * u}, gated(r, d, c.gates, u)})
		if b != nil {
			rows := 1
			if n.Op == "GRU" && n.int("linear_before_reset", 0) != 0 {
				rows = 2
			}
			l.params = append(l.params, biases(prefix, b, d, c.gates, u, rows))
		}
	}
	dir, unit := []*atom{{size: dirs}}, []*atom{{size: u}}
	out := slices.Concat(dir, unit)
	if dirs == 1 {
		dir, out = nil, unit
	}
	y := &value{layer: l, store: axes{x.axes[steps], out}, scale: 1}
	last := &value{store: axes{out}, scale: 1}
	if n.int("layout", 0) == 1 {
		y.axes = axes{x.axes[0], x.axes[1], dir, unit}
		last.axes = axes{x.axes[0], dir, unit}
	} else {
		y.axes = axes{x.axes[0], dir, x.axes[1], unit}
		last.axes = axes{dir, x.axes[1], unit}
	}
	switch {
	case len(n.Out) < 2 || n.Out[1] == "" || im.reads[n.Out[1]] == 0:
	case im.reads[n.Out[0]] > 0: // its last state is among the steps that are read
		last.layer = im.lastState(n, l, dirs, x.axes[steps], u, direction == "reverse")
	default:
		s := l.clone()
		if dirs == 2 {
			s.set("layer", called{c.kind, withoutSequences(inner)})
		} else {
			s.attrs = withoutSequences(s.attrs)
		}
		im.layers = append(im.layers, s)
		last.layer = s
	}
	return []*value{y, last}, nil
}

// lastState takes the last state of each direction from the steps of a recurrent layer: that of the backward one is at the
// first step.
func (im *importer) lastState(n *Node, l *layer, dirs int, step []*atom, units int, reverse bool) *layer {
	steps := product(axes{step}.extents())
	at := func(k int) *layer {
		from := l
		if steps > 1 {
			from = im.add(n, "cropping1d", l)
			from.set("cropping", []int{k, steps - 1 - k})
		}
		return im.add(n, "flatten", from)
	}
	switch {
	case dirs == 1 && reverse:
		return at(0)
	case dirs == 1:
		return at(steps - 1)
	}
	forward, backward := im.add(n, "slice", at(steps-1)), im.add(n, "slice", at(0))
	forward.set("size", units)
	backward.set("start", units)
	backward.set("size", units)
	return im.add(n, "concatenate", forward, backward)
}

func withoutSequences(attrs []attribute) []attribute {
	return slices.DeleteFunc(slices.Clone(attrs), func(a attribute) bool { return a.key == "return_sequences" })
}

// plainCell checks what a layer of the spec has not: other activations, clipping, peepholes, states given from outside.
func plainCell(im *importer, n *Node, in []*value, c cell, x *value) error {
	usual := map[string][]string{"LSTM": {"Sigmoid", "Tanh", "Tanh"}, "GRU": {"Sigmoid", "Tanh"}, "RNN": {"Tanh"}}[n.Op]
	if a := n.attr("activations"); a != nil {
		for i, f := range a.Strings {
			if f != usual[i%len(usual)] {
				return fmt.Errorf("activations %v: a %s has %v", a.Strings, c.kind, usual)
			}
		}
	}
	if n.attr("clip") != nil || n.int("input_forget", 0) != 0 {
		return errors.New("clip and input_forget are not imported")
	}
	if lengths, err := constantIn(in, 4, "lengths"); err != nil {
		return err
	} else if lengths != nil && slices.ContainsFunc(lengths.data, func(v float64) bool { return int(v) != x.axes.extents()[n.int("layout", 0)] }) {
		return errors.New("sequences shorter than the input are not imported")
	}
	for i := 5; i < len(in); i++ {
		a, err := constantIn(in, i, "initial states")
		if err != nil {
			return err
		}
		if a != nil && !allZero(a) {
			return errors.New("an initial state that is not 0, or peepholes, are not imported")
		}
	}
	if len(n.Out) > 2 && n.Out[2] != "" && im.reads[n.Out[2]] > 0 {
		return errors.New("its cell state is read, which no imported layer does")
	}
	return nil
}

// gated returns the weights of a direction as inputs×gates: ONNX has them gate by gate in rows.
func gated(w *array, d int, gates []int, u int) []float64 {
	rows, cols := w.dims[1], w.dims[2]
	out := make([]float64, rows*cols)
	for g, from := range gates {
		for j := range u {
			for i := range cols {
				out[i*rows+g*u+j] = w.data[(d*rows+from*u+j)*cols+i]
			}
		}
	}
	return out
}

// biases returns those of input and state, in a row each or added.
func biases(prefix string, b *array, d int, gates []int, u, rows int) param {
	n := len(gates) * u
	p := param{prefix + "bias", []int{n}, make([]float64, rows*n)}
	if rows == 2 {
		p.dims = []int{2, n}
	}
	for part := range 2 {
		for g, from := range gates {
			for j := range u {
				p.data[part%rows*n+g*u+j] += b.data[d*2*n+part*n+from*u+j]
			}
		}
	}
	return p
}
