package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// stage says how far an attention has come.
type stage int

const (
	scored   stage = iota // q·kᵀ, perhaps with a mask
	weighted              // its softmax
	attended              // times v
)

// heads is what is known of a value within an attention: its parts, each a dense layer over a sequence whose columns are
// the heads' atoms.
type heads struct {
	stage   stage
	q, k, v *value
	causal  bool
	head    *atom   // the heads
	dim     []*atom // of v: columns of a head
}

func (h *heads) replaced(splits map[*atom][]*atom) *heads {
	if len(splits) == 0 {
		return h
	}
	out := *h
	for _, p := range []**value{&out.q, &out.k, &out.v} {
		if *p != nil {
			v := **p
			v.axes, v.store = v.axes.replaced(splits), v.store.replaced(splits)
			*p = &v
		}
	}
	return &out
}

// sequence splits the axes of one side of a product of heads: the batch, the heads, the steps and the columns.
type sequence struct {
	head *atom // nil for one head
	step *atom
	dim  []*atom
}

// sequenceOf reads the axes of a value whose last two are rows and columns, transposed for keys.
func sequenceOf(v *value, rows, cols int) (s sequence, err error) {
	fail := fmt.Errorf("the product of %s is not that of the heads of an attention", v.axes)
	if len(v.axes) < 3 || len(v.axes[rows]) != 1 || v.axes[rows][0].batch {
		return s, fail
	}
	s.step, s.dim = v.axes[rows][0], v.axes[cols]
	batches := 0
	for i, atoms := range v.axes {
		if i == rows || i == cols {
			continue
		}
		for _, a := range atoms {
			switch {
			case a.batch:
				batches++
			case s.head == nil:
				s.head = a
			default:
				return s, fail
			}
		}
	}
	if batches != 1 || len(s.dim) == 0 {
		return s, fail
	}
	return s, nil
}

// headProduct is q·kᵀ, or what its softmax gives times v.
func (im *importer) headProduct(n *Node, a, b *value) (*value, error) {
	if a.heads != nil && a.heads.stage == weighted && b.heads == nil {
		return im.attend(a, b)
	}
	if a.heads != nil || b.heads != nil {
		return nil, errors.New("a product within an attention of a form that is not known")
	}
	rank := len(a.axes)
	if rank != len(b.axes) {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	q, err := sequenceOf(a, rank-2, rank-1)
	if err != nil {
		return nil, err
	}
	k, err := sequenceOf(b, rank-1, rank-2)
	if err != nil {
		return nil, err
	}
	if (q.head == nil) != (k.head == nil) || q.head != nil && q.head.size != k.head.size ||
		product(axes{q.dim}.extents()) != product(axes{k.dim}.extents()) {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	y := &value{axes: slices.Clone(a.axes), scale: a.scale * b.scale, heads: &heads{stage: scored, q: a, k: b, head: q.head}}
	// Queries and keys of one sequence have the same atom of steps; the axes of the scores tell them apart.
	y.axes[rank-1] = []*atom{{size: k.step.size}}
	return y, nil
}

// headMask is a constant that is added to scores: nothing, or the mask of a causal attention.
func (im *importer) headMask(x *value, c *array) (*value, error) {
	if x.heads.stage != scored {
		return nil, errors.New("a sum within an attention of a form that is not known")
	}
	if allZero(c) {
		return x, nil
	}
	dims := x.axes.extents()
	rows, cols := dims[len(dims)-2], dims[len(dims)-1]
	if len(c.data) != rows*cols || rows != cols {
		return nil, fmt.Errorf("a mask of %v for scores of %d×%d: a causal one is imported", c.dims, rows, cols)
	}
	for i, v := range c.data {
		later := i%cols > i/cols
		if !later && v != 0 || later && minusBig(v) != math.Inf(-1) {
			return nil, fmt.Errorf("a mask with %g for step %d of the query at %d: a causal one is imported", v, i%cols, i/cols)
		}
	}
	y, h := *x, *x.heads
	h.causal = true
	y.heads = &h
	return &y, nil
}

// minusBig returns −∞ for the numbers that exporters write for it.
func minusBig(v float64) float64 {
	if v <= -1e4 {
		return math.Inf(-1)
	}
	return v
}

func (im *importer) headSoftmax(n *Node, x *value) (*value, error) {
	k, err := axis(n.int("axis", -1), len(x.axes))
	if err != nil {
		return nil, err
	}
	if x.heads.stage != scored || k != len(x.axes)-1 {
		return nil, errors.New("a softmax within an attention of a form that is not known")
	}
	y, h := *x, *x.heads
	h.stage = weighted
	y.heads = &h
	return &y, nil
}

// attend is p·v.
func (im *importer) attend(p, v *value) (*value, error) {
	rank := len(v.axes)
	s, err := sequenceOf(v, rank-2, rank-1)
	if err != nil {
		return nil, err
	}
	h := *p.heads
	if rank != len(p.axes) || (s.head == nil) != (h.head == nil) || s.head != nil && s.head.size != h.head.size || v.scale != 1 {
		return nil, fmt.Errorf("a product of %s and %s within an attention of a form that is not known", p.axes, v.axes)
	}
	h.stage, h.v, h.dim = attended, v, s.dim
	y := &value{axes: slices.Clone(p.axes), scale: p.scale, heads: &h}
	y.axes[rank-1] = s.dim
	return y, nil
}

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
			return nil, fmt.Errorf("the %s of an attention come from a %s: they come from linear layers over a sequence", roles[i], kindOf(d))
		}
		seen := part.store[1]
		if order := seen; h.head != nil && (len(order) < 2 || order[0].size != count) || product(axes{seen}.extents()) != count*dim {
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
		l.origin = append(l.origin, d.origin...)
	}
	if sources[1] != sources[2] {
		return nil, errors.New("keys and values come from different layers")
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

// attentionOperator is Attention of opset 23: softmax(q·kᵀ·scale)·v of three values with or without an axis of heads.
func attentionOperator(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) < 3 {
		return nil, errors.New("an attention needs queries, keys and values")
	}
	for i, v := range in[3:] {
		if v != nil {
			return nil, fmt.Errorf("its input %d (mask, or keys and values of the past) is not imported", i+4)
		}
	}
	count := n.int("q_num_heads", 0)
	var parts [3]*value
	for i := range parts {
		if in[i] == nil || in[i].konst != nil || in[i].heads != nil {
			return nil, errors.New("an attention needs queries, keys and values")
		}
		v := in[i]
		if d := v.axes.extents(); len(d) == 3 {
			if count < 1 || d[2]%count != 0 || i > 0 && n.int("kv_num_heads", count) != count {
				return nil, fmt.Errorf("%d heads for %s", count, v.axes)
			}
			var err error
			if v, err = v.regrouped([]int{d[0], d[1], count, d[2] / count}); err != nil {
				return nil, err
			}
			w := *v
			w.axes = axes{v.axes[0], v.axes[2], v.axes[1], v.axes[3]}
			v = &w
		}
		parts[i] = v
	}
	keys := *parts[1]
	r := len(keys.axes)
	keys.axes = slices.Clone(keys.axes)
	keys.axes[r-1], keys.axes[r-2] = keys.axes[r-2], keys.axes[r-1]
	s, err := im.headProduct(n, parts[0], &keys)
	if err != nil {
		return nil, err
	}
	s.scale *= n.float("scale", 1/math.Sqrt(float64(product(parts[0].axes[len(parts[0].axes)-1:].extents()))))
	h := *s.heads
	h.stage, h.causal = weighted, n.int("is_causal", 0) != 0
	s.heads = &h
	y, err := im.attend(s, parts[2])
	if err != nil {
		return nil, err
	}
	if len(in[0].axes) == 3 {
		y.axes = axes{y.axes[0], y.axes[2], slices.Concat(y.axes[1], y.axes[3])}
	}
	return one(y, nil)
}
