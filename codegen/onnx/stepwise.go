package onnx

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/op"
)

// An exporter writes a layer on each step of a sequence as a reshape that makes the steps examples, the layer, and a
// reshape back: n×t×… becomes n·t×…. A spec says time_distributed.

// perExample are the operators whose rows want the examples alone along their axis. Others read axes of any kind.
var perExample = []string{
	"Conv", "ConvTranspose", "MaxPool", "AveragePool", "Resize", "Upsample", "Pad", "LSTM", "GRU", "RNN",
}

// crowdedAxis returns the axis of x along which steps lie beside the batch; −1 if there is none.
func crowdedAxis(x *value) int {
	if x == nil || x.konst != nil || x.layer == nil || x.heads != nil || x.label != nil {
		return -1
	}
	return slices.IndexFunc(x.axes, func(a []*atom) bool {
		return len(a) > 1 && slices.ContainsFunc(a, func(v *atom) bool { return v.batch })
	})
}

// eachStep runs the row of an operator on the steps as if they were examples, and wraps the layers that it made in
// time_distributed. at is the axis of in[0] along which both lie.
func (im *importer) eachStep(n *Node, row operator, in []*value, at int) ([]*value, error) {
	if slices.ContainsFunc(in[1:], func(v *value) bool { return v != nil && v.konst == nil }) {
		return nil, fmt.Errorf("its input is %s, steps beside examples, and another of its inputs is no constant", in[0].axes)
	}
	x, err := im.plain(n, in[0])
	if err != nil {
		return nil, err
	}
	crowd := x.axes[at]
	steps := slices.DeleteFunc(slices.Clone(crowd), func(a *atom) bool { return a.batch })
	if !containsAll(x.store.atoms(), steps) {
		return nil, fmt.Errorf("its input is %s: the steps beside the examples are no part of them", x.axes)
	}
	rest := slices.DeleteFunc(im.lastly(x, steps), func(a []*atom) bool { return slices.Equal(a, steps) })
	x = im.aligned(n, x, append(axes{steps}, rest...))
	one := *x
	one.layer, one.store, one.axes = &layer{kind: "step"}, rest, slices.Clone(x.axes)
	one.axes[at] = []*atom{{size: product(axes{crowd}.extents()), batch: true}}
	examples := one.axes[at]
	args := slices.Clone(in)
	args[0] = &one
	made := len(im.layers)
	results, err := row(im, n, args)
	if err != nil {
		return nil, err
	}
	w := &stepper{im: im, node: n, outer: map[*layer]*layer{one.layer: x.layer}, steps: product(axes{steps}.extents())}
	if results, err = w.lastOrAll(results); err != nil {
		return nil, err
	}
	inner := slices.Clone(im.layers[made:])
	im.layers = im.layers[:made]
	for _, l := range inner {
		if err := w.wrap(l); err != nil {
			return nil, err
		}
	}
	out := make([]*value, len(results))
	for i, r := range results {
		if r == nil {
			continue
		}
		y := *r
		y.layer, y.store, y.axes = w.outer[r.layer], append(axes{steps}, r.store...), slices.Clone(r.axes)
		for k, a := range y.axes {
			if slices.Equal(a, examples) {
				y.axes[k] = crowd
			}
		}
		out[i] = &y
	}
	return out, nil
}

func containsAll(list, of []*atom) bool {
	return !slices.ContainsFunc(of, func(a *atom) bool { return !slices.Contains(list, a) })
}

// stepper wraps layers that read single steps.
type stepper struct {
	im    *importer
	node  *Node
	outer map[*layer]*layer // what a layer on one step is on all of them
	steps int
}

// lastOrAll settles whether a recurrent layer gives all outputs of a step's sequence or the last one: which of both is
// read.
func (w *stepper) lastOrAll(results []*value) ([]*value, error) {
	l := results[0].layer
	if !slices.Contains(recurrentKinds, l.kind) {
		return results, nil
	}
	read := func(i int) bool { return i < len(w.node.Out) && w.node.Out[i] != "" && w.im.reads[w.node.Out[i]] > 0 }
	states := func(s *layer) bool { return s.kind == stateKind && s.in[0] == l }
	w.im.layers = slices.DeleteFunc(w.im.layers, states)
	switch {
	case read(2):
		return nil, fmt.Errorf("its cells are read, which time_distributed does not give: export the model without them")
	case read(0) && read(1):
		return nil,
			fmt.Errorf("all steps and the last state of a sequence of sequences are read: export the model with one of both")
	case read(1):
		l.attrs = withoutSequences(l.attrs)
		last := *results[1]
		last.layer = l
		return []*value{nil, &last}, nil
	}
	return results[:1], nil
}

// wrap makes the layer that does on each step what l does on one.
func (w *stepper) wrap(l *layer) error {
	if len(l.in) != 1 || w.outer[l.in[0]] == nil {
		return fmt.Errorf("its layer %s reads several values: time_distributed reads one", l.kind)
	}
	o := l.clone()
	o.in = []*layer{w.outer[l.in[0]]}
	switch l.kind {
	case "reshape":
		o.set("target_shape", append([]int{w.steps}, l.attr("target_shape").([]int)...))
		o.was = append([]int{w.steps}, l.was...)
	case "permute":
		o.set("dims", append([]int{1}, mappedInts(l.attr("dims").([]int), func(d int) int { return d + 1 })...))
	case "flatten":
		o.kind, o.was = "reshape", append([]int{w.steps}, l.was...)
		o.set("target_shape", []int{w.steps, product(l.was)})
	default:
		if d := op.Lookup(l.kind); d == nil || !d.PerStep {
			return fmt.Errorf("it becomes a layer %s, which time_distributed does not take", l.kind)
		}
		o.kind, o.attrs = "time_distributed", []attribute{{"layer", called{l.kind, l.attrs}}}
	}
	w.outer[l] = o
	w.im.layers = append(w.im.layers, o)
	return nil
}
