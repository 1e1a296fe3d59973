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

// recurring returns what a recurrent operator reads: a sequence, the weights of it and of the state, and biases or nil.
func (im *importer) recurring(n *Node, in []*value) (x *value, w, r, b *array, err error) {
	if x, err = im.activated(n, in, 0); err != nil {
		return nil, nil, nil, nil, err
	}
	if x.whole {
		return nil, nil, nil, nil, errWhole
	}
	if l := n.int("layout", 0); l != 0 && l != 1 || len(x.axes) != 3 {
		return nil, nil, nil, nil, fmt.Errorf("its input is %s with layout %d, want a sequence with layout 0 or 1", x.axes, l)
	}
	if w, err = needed(in, 1, "weights", 3); err != nil {
		return nil, nil, nil, nil, err
	}
	if r, err = needed(in, 2, "recurrent weights", 3); err != nil {
		return nil, nil, nil, nil, err
	}
	b, err = constantIn(in, 3, "biases")
	return x, w, r, b, err
}

// directions tells of each direction of a recurrent operator whether it begins with the last step.
func directions(n *Node) (reversed []bool, err error) {
	switch d := n.word("direction", "forward"); d {
	case "forward":
		return []bool{false}, nil
	case "reverse":
		return []bool{true}, nil
	case "bidirectional":
		return []bool{false, true}, nil
	default:
		return nil, blame("direction", "direction %q: it is forward, reverse or bidirectional", d)
	}
}

// recurrent is LSTM, GRU or RNN, in one direction or both.
func recurrent(im *importer, n *Node, in []*value) ([]*value, error) {
	if isRelu(n, in) {
		return im.unrolledRNN(n, in)
	}
	x, w, r, b, err := im.recurring(n, in)
	if err != nil {
		return nil, err
	}
	c := cells[n.Op]
	if err := plainCell(n, in, c, x); err != nil {
		return nil, err
	}
	reversed, err := directions(n)
	if err != nil {
		return nil, err
	}
	lengths := len(in) > 4 && in[4] != nil && in[4].konst == nil
	if len(reversed) == 2 && (hasState(in) || lengths) {
		return im.eachDirection(n, in)
	}
	u, dirs := n.int("hidden_size", r.dims[2]), len(reversed)
	gates := len(c.gates)
	steps, batch := 0, 1
	if n.int("layout", 0) == 1 {
		steps, batch = 1, 0
	}
	if len(x.axes[batch]) != 1 || !x.axes[batch][0].batch {
		return nil, fmt.Errorf("its input is %s, want a sequence", x.axes)
	}
	x = x.filled(steps, 2)
	features := x.axes.extents()[2]
	if !slices.Equal(w.dims, []int{dirs, gates * u, features}) || !slices.Equal(r.dims, []int{dirs, gates * u, u}) ||
		b != nil && !slices.Equal(b.dims, []int{dirs, 2 * gates * u}) {
		return nil, fmt.Errorf("weights %v, %v for %d units and an input of %s, %s", w.dims, r.dims, u, x.axes,
			n.word("direction", "forward"))
	}
	x = im.aligned(n, x, axes{x.axes[steps], x.axes[2]})
	l := &layer{kind: c.kind, hint: hintOf(n), in: []*layer{x.layer}, origin: []string{n.String()}}
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
	case reversed[0]:
		l.set("go_backwards", true)
	}
	if err := im.initialStates(n, in, l, x, u); err != nil {
		return nil, err
	}
	var mask *value
	if lengths {
		if mask, err = im.stepsBelow(n, in[4], x.axes[steps]); err != nil {
			return nil, err
		}
		l.in = slices.Insert(l.in, 1, mask.layer)
	}
	im.layers = append(im.layers, l)
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
	results := []*value{y, last}
	switch read := func(i int) bool { return i < len(n.Out) && n.Out[i] != "" && im.reads[n.Out[i]] > 0 }; {
	case dirs == 1:
		last.layer = im.state(n, l, "h")
		if mask != nil && read(0) { // behind the end of a sequence the operator gives 0, and a layer its last output again
			if n.int("layout", 0) == 1 {
				mask.axes = axes{mask.axes[0], mask.axes[1], dir, nil}
			} else {
				mask.axes = axes{mask.axes[1], dir, mask.axes[0], nil}
			}
			if results[0], err = im.join(n, "multiply", []*value{y, mask}); err != nil {
				return nil, err
			}
		}
		if read(2) {
			cells := *last
			cells.layer = im.state(n, l, "c")
			results = append(results, &cells)
		}
	case read(2):
		return nil, errors.New("its cell states are read, which bidirectional does not give")
	case !read(1):
	case read(0): // the last states are among the steps that are read
		last.layer = im.lastStates(n, l, x.axes[steps], u)
	default:
		s := l.clone()
		s.set("layer", called{c.kind, withoutSequences(inner)})
		im.layers = append(im.layers, s)
		last.layer = s
	}
	return results, nil
}

// stepsBelow is 1 for the steps of each example that are before its length, else 0: n×steps. Places are compared by
// their middle, since lengths that are sums, as of a mask, may come out a rounding above or below a whole number.
func (im *importer) stepsBelow(n *Node, lengths *value, step []*atom) (*value, error) {
	if len(lengths.axes) != 1 || len(lengths.axes[0]) != 1 || !lengths.axes[0][0].batch {
		return nil, fmt.Errorf("its lengths are %s, want one for each example", lengths.axes)
	}
	size := product(axes{step}.extents())
	key := lengthsOf{lengths.layer, size}
	if l := im.below[key]; l != nil {
		return &value{layer: l, axes: axes{lengths.axes[0], step}, store: axes{step}, scale: 1}, nil
	}
	column, err := lengths.regrouped([]int{im.batch, 1})
	if err != nil {
		return nil, err
	}
	column.whole = false
	places := &array{dims: []int{1, size}}
	for i := range size {
		places.data = append(places.data, float64(i)+0.5)
	}
	first := len(im.layers)
	names := []string{n.in(4) + "#places", n.in(4)}
	c, err := im.atLeast(&Node{Op: "Less", Name: n.Name, In: names, Out: []string{n.in(4) + "#steps"}},
		names[0], names[1], &value{konst: places}, column, true)
	if err != nil {
		return nil, err
	}
	if c, err = im.plain(n, c); err != nil {
		return nil, err
	}
	im.below[key] = im.aligned(n, c, axes{c.axes[1]}).layer
	for _, l := range im.layers[first:] {
		if len(l.params) > 0 { // the places: no gradient comes through the step behind them
			l.set("trainable", false)
			l.made = nil
		}
	}
	return im.stepsBelow(n, lengths, step)
}

// lengthsOf are lengths of sequences of so many steps.
type lengthsOf struct {
	lengths *layer
	steps   int
}

// stateKind is the kind of what a layer gives beside its output: it is read as layer.part, and no layer of the spec.
const stateKind = "state"

// state is a part of the last state of a recurrent layer: "h" or "c".
func (im *importer) state(n *Node, l *layer, part string) *layer {
	s := im.add(n, stateKind, l)
	s.part = part
	return s
}

// settleStates looks at how the states of recurrent layers are read, once that is known: a layer of which nothing but
// the last output is read gives that alone.
func (im *importer) settleStates() {
	readers := map[*layer][]*layer{}
	for _, l := range im.layers {
		for _, from := range l.in {
			readers[from] = append(readers[from], l)
		}
	}
	instead := map[*layer]*layer{}
	for _, l := range im.layers {
		states := slices.DeleteFunc(slices.Clone(readers[l]), func(r *layer) bool { return r.kind != stateKind })
		if len(states) == 0 {
			continue
		}
		if whole := len(states) < len(readers[l]); !whole {
			l.attrs = withoutSequences(l.attrs)
			for _, s := range states {
				if s.part == "h" {
					instead[s] = l
				}
			}
		}
		if slices.ContainsFunc(states, func(s *layer) bool { return instead[s] == nil }) {
			l.set("return_state", true)
		}
	}
	im.layers = slices.DeleteFunc(im.layers, func(l *layer) bool { return instead[l] != nil })
	for _, l := range im.layers {
		for i, from := range l.in {
			if other := instead[from]; other != nil {
				l.in[i] = other
			}
		}
	}
	for _, o := range im.found {
		if other := instead[o.value.layer]; other != nil {
			o.value.layer = other
		}
	}
}

// lastStates takes the last state of each direction from the steps of a bidirectional layer: that of the backward one
// is at the first step.
func (im *importer) lastStates(n *Node, l *layer, step []*atom, units int) *layer {
	steps := product(axes{step}.extents())
	at := func(k int) *layer {
		from := l
		if steps > 1 {
			from = im.add(n, "cropping1d", l)
			from.set("cropping", []int{k, steps - 1 - k})
		}
		return im.add(n, "flatten", from)
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

// hasState tells whether a recurrent operator begins with something else than 0.
func hasState(in []*value) bool {
	return slices.ContainsFunc(in[min(5, len(in)):min(7, len(in))], func(v *value) bool {
		return v != nil && (v.konst == nil || !allZero(v.konst))
	})
}

// plainCell checks what a layer of the spec has not: other activations, clipping, peepholes.
func plainCell(n *Node, in []*value, c cell, x *value) error {
	usual := map[string][]string{"LSTM": {"Sigmoid", "Tanh", "Tanh"}, "GRU": {"Sigmoid", "Tanh"}, "RNN": {"Tanh"}}[n.Op]
	if a := n.attr("activations"); a != nil {
		for i, f := range a.Strings {
			if f != usual[i%len(usual)] {
				return blame("activations", "activations %v: a %s has %v", a.Strings, c.kind, usual)
			}
		}
	}
	if n.attr("clip") != nil || n.int("input_forget", 0) != 0 {
		return errors.New("clip and input_forget are not imported")
	}
	given := len(in) > 4 && in[4] != nil && in[4].konst == nil // a mask is made of them
	if lengths, err := constantIn(in[:min(len(in), 5)], 4, "lengths"); err != nil && !given {
		return err
	} else if !given && lengths != nil && slices.ContainsFunc(lengths.data,
		func(v float64) bool { return int(v) != x.axes.extents()[n.int("layout", 0)] }) {
		return blame("sequence_lens",
			"%v, constants, for %d steps: lengths that a file fixes are those of the examples of its "+
				"export; make them an input of the model, or export it without packing", lengths.ints(),
			x.axes.extents()[n.int("layout", 0)])
	}
	if peepholes, err := constantIn(in, 7, "peepholes"); err != nil {
		return err
	} else if peepholes != nil && !allZero(peepholes) {
		return errors.New("it has peepholes")
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
