package onnx

import (
	"fmt"
	"math"
	"slices"
)

// isRelu tells whether an RNN has relu in place of tanh, and nothing to begin with.
func isRelu(n *Node, in []*value) bool {
	a := n.attr("activations")
	if n.Op != "RNN" || a == nil || len(a.Strings) == 0 ||
		slices.ContainsFunc(a.Strings, func(f string) bool { return f != "Relu" }) {
		return false
	}
	for i := 4; i < len(in); i++ {
		if in[i] != nil && (i == 4 || in[i].konst == nil || !allZero(in[i].konst)) {
			return false
		}
	}
	return true
}

// unrolledRNN is h ← relu(x·W + h·V + b), which no kind is, in one direction or both: a dense layer over all steps and
// one between each two, which all share V.
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
	reversed, err := directions(n)
	if err != nil {
		return nil, err
	}
	dirs := len(reversed)
	if !slices.Equal(w.dims, []int{dirs, u, features}) || !slices.Equal(r.dims, []int{dirs, u, u}) || b != nil &&
		!slices.Equal(b.dims, []int{dirs, 2 * u}) {
		return nil, fmt.Errorf("weights %v, %v for %d units and an input of %s, %s", w.dims, r.dims, u, x.axes,
			n.word("direction", "forward"))
	}
	if steps > maxParts {
		return nil, blame("activations", "relu over %d steps: simple_rnn has tanh, and at most %d steps are written out; "+
			"use a GRU or LSTM", steps, maxParts)
	}
	x = im.aligned(n, x, axes{x.axes[at], x.axes[2]})
	var all, last []*layer
	for d, back := range reversed {
		var bias *array
		if b != nil {
			bias = &array{dims: []int{u}, data: biases("", b, d, []int{0}, u, 1).data}
		}
		states := im.unrolledSteps(n, x.layer, steps, gated(w, d, []int{0}, u), gated(r, d, []int{0}, u), bias, back)
		y := states[0]
		if steps > 1 {
			y = im.add(n, "concatenate", states...)
		}
		all = append(all, im.reshaped(n, y, axes{{{size: steps * u}}}, axes{x.axes[at], {{size: u}}}))
		if back {
			last = append(last, states[0])
		} else {
			last = append(last, states[steps-1])
		}
	}
	dir, unit := []*atom(nil), []*atom{{size: u}}
	if dirs > 1 {
		dir = []*atom{{size: dirs}}
		all, last = []*layer{im.add(n, "concatenate", all...)}, []*layer{im.add(n, "concatenate", last...)}
	}
	y := &value{layer: all[0], store: axes{x.axes[at], slices.Concat(dir, unit)}, scale: 1, positive: true}
	end := &value{layer: last[0], store: axes{slices.Concat(dir, unit)}, scale: 1, positive: true}
	if n.int("layout", 0) == 1 {
		y.axes, end.axes = axes{x.axes[batch], x.axes[at], dir, unit}, axes{x.axes[batch], dir, unit}
	} else {
		y.axes, end.axes = axes{x.axes[at], dir, x.axes[batch], unit}, axes{dir, x.axes[batch], unit}
	}
	return []*value{y, end}, nil
}

// unrolledSteps returns the layers of the states of one direction, by step.
func (im *importer) unrolledSteps(n *Node, x *layer, steps int, w, r []float64, bias *array, back bool) []*layer {
	all := im.add(n, "dense", x)
	u := int(math.Sqrt(float64(len(r))))
	all.set("units", u)
	all.params = []param{{"kernel", []int{len(w) / u, u}, w}}
	all.setBias(bias, u)
	order := upTo(steps)
	if back {
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
				d.params = []param{{"kernel", []int{u, u}, r}}
			} else {
				d.set("share", sharing{owner})
			}
			l = im.add(n, "add", l, d)
		}
		state = im.add(n, "relu", l)
		states[k] = state
	}
	return states
}
