package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// outputProjection makes multi_head_attention of what an attention gives and the product behind it.
func (im *importer) outputProjection(n *Node, x *value, w, bias *array) (*value, error) {
	h := x.heads
	last := x.axes[len(x.axes)-1]
	count, dim := 1, product(axes{h.dim}.extents())
	want := h.dim
	if h.head != nil {
		count = h.head.size
		want = append([]*atom{h.head}, h.dim...)
	}
	if !slices.Equal(last, want) {
		return nil, fmt.Errorf("what the heads give is read as %s, not head by head", x.axes)
	}
	var sources [3]*layer
	var seq axes
	l := &layer{kind: "multi_head_attention", hint: hintOf(n), origin: []string{n.String()}}
	l.set("num_heads", count)
	ratio := x.scale * math.Sqrt(float64(dim))
	biased := bias != nil
	var params []param
	for i, part := range []*value{h.q, h.k, h.v} {
		d := part.layer
		if d == nil || d.kind != "dense" || d.attr("activation") != nil || len(part.store) != 2 {
			return nil, fmt.Errorf("the %s of an attention come from a %s: they come from linear layers over a sequence",
				roles[i], kindOf(d))
		}
		seen := part.store[1]
		if order := seen; h.head != nil && (len(order) < 1+min(1, len(h.dim)) || order[0].size != count) ||
			product(axes{seen}.extents()) != count*dim {
			return nil, fmt.Errorf("the %s of an attention are cut into heads of another form", roles[i])
		}
		sources[i] = d.in[0]
		if i == 0 {
			seq = axes{part.store[0]}
		}
		params = append(params, param{roles[i] + "_kernel", d.param("kernel").dims, d.param("kernel").data})
		if b := d.param("bias"); b != nil {
			params = append(params, param{roles[i] + "_bias", b.dims, b.data})
			biased = true
		} else {
			params = append(params, param{roles[i] + "_bias", []int{count * dim}, make([]float64, count*dim)})
		}
		if slices.Contains(d.made, "kernel") {
			l.made = append(l.made, roles[i]+"_kernel")
		}
		l.origin = append(l.origin, d.origin...)
	}
	switch {
	case sources[1] != sources[2]:
		return nil, errors.New("keys and values come from different layers")
	case h.mask != nil || h.softcap != 0 || h.shared > 1:
		return nil, errors.New("multi_head_attention has no such mask, cap or sharing of heads")
	}
	if math.Abs(ratio-1) > 1e-5 { // not 1/√dim: the queries take the rest in
		for i := range 2 {
			p := &params[i]
			p.data = slices.Clone(p.data)
			for j := range p.data {
				p.data[j] *= ratio
			}
		}
	}
	in, out := w.dims[0], w.dims[1]
	if kernel := params[0]; kernel.dims[0] != out {
		return nil, fmt.Errorf("an attention of %d columns gives %d: it gives as many as it reads", kernel.dims[0], out)
	}
	params = append(params, param{"output_kernel", []int{in, out}, w.data})
	if bias == nil {
		bias = &array{dims: []int{out}, data: make([]float64, out)}
	}
	params = append(params, param{"output_bias", []int{out}, bias.data})
	if !biased {
		l.set("use_bias", false)
		params = slices.DeleteFunc(params, func(p param) bool { return len(p.dims) == 1 })
	}
	if in != out || in%count != 0 {
		l.set("key_dim", dim)
	}
	if h.causal {
		l.set("causal", true)
	}
	l.params = params
	l.in = []*layer{sources[0]}
	if sources[1] != sources[0] {
		l.in = append(l.in, sources[1])
	}
	if h.keep != nil {
		l.in = append(l.in, h.keep.layer)
	}
	im.layers = append(im.layers, l)
	width := []*atom{{size: out}}
	y := &value{layer: l, axes: slices.Clone(x.axes), store: append(seq, width), scale: 1}
	y.axes[len(y.axes)-1] = width
	return y, nil
}

// roles are those of the products of an attention.
var roles = []string{"query", "key", "value"}

func kindOf(l *layer) string {
	if l == nil {
		return "constant"
	}
	return l.kind
}

// unreached is added to scores that a mask forbids: e to its power is 0, and it is a number that a layer can hold.
const unreached = -1e30

// composed makes layers of products of two activations and of attentions without projections: for each head the scores,
// their softmax, and its product with the values, side by side.
func (im *importer) composed(n *Node, x *value) (*value, error) {
	h := x.heads
	count := 1
	if h.head != nil {
		count = h.head.size
	}
	if count > maxParts {
		return nil, fmt.Errorf("%d heads without projections: at most %d", count, maxParts)
	}
	if h.keep != nil {
		return nil,
			errors.New("an attention whose keys depend on a mask, and whose parts are no linear layers: multi_head_attention " +
				"reads a mask, with products of its own")
	}
	var parts [3]*value
	var widths [3]int
	for i, v := range []*value{h.q, h.k, h.v} {
		if v == nil {
			continue
		}
		rows, cols := len(v.axes)-2, len(v.axes)-1
		if i == 1 {
			rows, cols = cols, rows
		}
		s, err := sequenceOf(v, rows, cols)
		if err != nil {
			return nil, err
		}
		last := s.dim
		if s.head != nil {
			last = append([]*atom{s.head}, s.dim...)
		}
		unscaled := *v
		if unscaled.scale = 1; i == 2 {
			unscaled.scale = v.scale
		}
		p, err := im.plain(n, &unscaled)
		if err != nil {
			return nil, err
		}
		parts[i], widths[i] = im.aligned(n, p, axes{s.step, last}), product(axes{s.dim}.extents())
	}
	// The factor of the scores waits where nothing but their sums is asked for.
	bare := h.stage == scored && h.mask == nil && !h.causal && h.softcap == 0
	scale, rest := x.scale, 1.0
	if bare {
		scale, rest = 1, x.scale
	}
	l := &layer{kind: "concatenate", hint: hintOf(n), origin: []string{n.String()}}
	for i := range count {
		y, err := im.head(n, h, parts, widths, i, scale)
		if err != nil {
			return nil, err
		}
		l.in = append(l.in, y)
	}
	if count > 1 {
		im.layers = append(im.layers, l)
	} else {
		l = l.in[0]
	}
	out := &value{layer: l, axes: x.axes, scale: rest}
	last := h.cols
	if h.stage == attended {
		last = h.dim
	}
	if h.head != nil {
		last = slices.Concat([]*atom{h.head}, last)
	}
	out.store = axes{parts[0].store[0], last}
	for _, s := range h.splits {
		out.store = out.store.replaced(s)
	}
	return out, nil
}

// head composes what one head gives, its scores multiplied by scale.
func (im *importer) head(n *Node, h *heads, parts [3]*value, widths [3]int, i int, scale float64) (*layer, error) {
	columns := func(part, head int) *layer {
		from := parts[part]
		if axes(from.store).extents()[1] == widths[part] {
			return from.layer
		}
		l := im.add(n, "slice", from.layer)
		if head > 0 {
			l.set("start", head*widths[part])
		}
		l.set("size", widths[part])
		return l
	}
	below := i / max(1, h.shared)
	scores := im.add(n, "dot", columns(0, i), columns(1, below))
	rows, cols := parts[0].store.extents()[0], parts[1].store.extents()[0]
	if scale != 1 {
		scores = im.add(n, "rescaling", scores)
		scores.set("scale", rounded(scale))
	}
	if h.softcap != 0 {
		scores = im.add(n, "rescaling", scores)
		scores.set("scale", rounded(1/h.softcap))
		scores = im.add(n, "tanh", scores)
		scores = im.add(n, "rescaling", scores)
		scores.set("scale", rounded(h.softcap))
	}
	if mask, err := h.added(i, rows, cols); err != nil {
		return nil, err
	} else if mask != nil {
		scores = im.add(n, "positional_encoding", scores)
		scores.set("encoding", "learned")
		scores.params = []param{{"embeddings", []int{rows, cols}, mask}}
		forbids := func(v float64) bool { return minusBig(v) == math.Inf(-1) }
		if slices.ContainsFunc(mask, forbids) &&
			!slices.ContainsFunc(mask, func(v float64) bool { return v != 0 && !forbids(v) }) {
			scores.set("trainable", false) // it allows and forbids alone; zeros may be a bias that is yet to learn
		}
	}
	if h.stage == scored {
		return scores, nil
	}
	weights := im.add(n, "softmax", scores)
	if h.stage == weighted {
		return weights, nil
	}
	y := im.add(n, "dot", weights, columns(2, below))
	y.set("axes", []int{2, 1})
	return y, nil
}
