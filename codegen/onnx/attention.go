package onnx

import (
	"errors"
	"fmt"
	"maps"
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

// heads is what is known of a value within an attention: its parts, each a dense layer over a sequence whose columns
// are the heads' atoms.
type heads struct {
	stage   stage
	q, k, v *value
	causal  bool
	keep    *value  // a mask of the keys that may be read; nil for all
	mask    *array  // added to the scores of each head, heads or 1×rows×cols; nil for none
	softcap float64 // scores s become softcap·tanh(s/softcap); 0 if they do not
	shared  int     // how many heads of q read one head of k and v; 0 for one
	head    *atom   // the heads
	dim     []*atom // of v: columns of a head
	cols    []*atom // of the scores: keys
	// splits are those of the atoms since the scores were made.
	splits []map[*atom][]*atom
}

func (h *heads) replaced(splits map[*atom][]*atom) *heads {
	if len(splits) == 0 {
		return h
	}
	out := *h
	out.splits = append(slices.Clip(h.splits), splits)
	// Of what is given an axis of one step may be taken away. The parts have it still: their products need it.
	splits = maps.Clone(splits)
	maps.DeleteFunc(splits, func(_ *atom, parts []*atom) bool { return len(parts) == 0 })
	for _, p := range []**value{&out.q, &out.k, &out.v, &out.keep} {
		if *p != nil {
			v := **p
			v.axes, v.store = v.axes.replaced(splits), v.store.replaced(splits)
			*p = &v
		}
	}
	return &out
}

// keys returns the atoms of the scores' keys as they are now.
func (h *heads) keys() []*atom {
	x := axes{h.cols}
	for _, s := range h.splits {
		x = x.replaced(s)
	}
	return x[0]
}

// keysLast tells whether the keys are the last axis of the scores: a transposition puts the queries there.
func (x *value) keysLast() bool {
	return len(x.axes) > 0 && slices.Equal(x.axes[len(x.axes)-1], x.heads.keys())
}

// sequence splits the axes of one side of a product of heads: the batch, the heads, the steps and the columns.
type sequence struct {
	head *atom   // nil for one head
	step []*atom // more than one where the steps are pixels
	dim  []*atom
}

func (s sequence) steps() int { return product(axes{s.step}.extents()) }

// reads tells whether each head of queries has one of k, that of several if keys are shared.
func (s sequence) reads(k sequence, shared int) bool {
	if s.head == nil || k.head == nil {
		return k.head == nil && (s.head == nil || shared == s.head.size)
	}
	return s.head.size == k.head.size*max(1, shared)
}

// errWindows is the reason of an attention within the windows of an image.
var errWindows = errors.New("it takes the windows of an image for examples, to attend within each, as a Swin " +
	"transformer does: no layer does that")

// sequenceOf reads the axes of a value whose last two are rows and columns, transposed for keys.
func sequenceOf(v *value, rows, cols int) (s sequence, err error) {
	fail := fmt.Errorf("the product of %s is not that of the heads of an attention", v.axes)
	if len(v.axes) > 2 && slices.ContainsFunc(v.axes, func(a []*atom) bool {
		return len(a) > 1 && slices.ContainsFunc(a, func(b *atom) bool { return b.batch })
	}) {
		fail = errWindows
	}
	if len(v.axes) < 2 || len(v.axes[rows]) == 0 ||
		slices.ContainsFunc(v.axes[rows], func(a *atom) bool { return a.batch }) {
		return s, fail
	}
	s.step, s.dim = v.axes[rows], v.axes[cols]
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
				return s, fmt.Errorf("%w: heads lie along one axis there; where those of queries share one of keys, repeat the "+
					"keys and values for them at export (repeat_interleave)", fail)
			}
		}
	}
	if batches > 1 || len(s.dim) == 0 && s.head == nil { // a head of one column has no atom for it
		return s, fail
	}
	return s, nil
}

// headProduct is q·kᵀ, or what its softmax gives times v.
func (im *importer) headProduct(n *Node, a, b *value) (*value, error) {
	if y, err := im.attendEither(n, a, b); y != nil || err != nil {
		return y, err
	}
	rank := len(a.axes)
	if rank != len(b.axes) {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	if y, err := im.vectorProduct(n, a, b); y != nil || err != nil {
		return y, err
	}
	if rank < 2 {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	if y, err := im.outerProduct(n, a, b); y != nil || err != nil {
		return y, err
	}
	single := len(a.axes[rank-2]) == 0 || len(b.axes[rank-1]) == 0 // weights that pool a sequence
	a, err := im.wholeAxis(n, a, rank-2)
	if err != nil {
		return nil, err
	}
	shared := 0
	b, shared = b.unrepeated()
	if b, err = im.wholeAxis(n, b, rank-1); err != nil {
		return nil, err
	}
	q, err := sequenceOf(a, rank-2, rank-1)
	if err != nil {
		return nil, err
	}
	k, err := sequenceOf(b, rank-1, rank-2)
	if err != nil {
		return nil, err
	}
	if k.head == nil && q.head != nil && shared == 0 { // all heads of queries read the only one of keys
		shared = q.head.size
	}
	if !q.reads(k, shared) ||
		product(axes{q.dim}.extents()) != product(axes{k.dim}.extents()) {
		return nil, fmt.Errorf("a product of %s and %s: no layer does that", a.axes, b.axes)
	}
	y := &value{axes: slices.Clone(a.axes), scale: a.scale * b.scale,
		heads: &heads{stage: scored, q: a, k: b, head: q.head, shared: shared}}
	// Queries and keys of one sequence have the same atom of steps; the axes of the scores tell them apart.
	y.heads.cols = []*atom{{size: k.steps()}}
	y.axes[rank-1] = y.heads.cols
	if single {
		return im.plain(n, y)
	}
	return y, nil
}

// attendEither is p·v, or vᵀ·pᵀ, which is the same the other way round; nil where neither stands for the weights p of
// an attention. Where the sum of a product goes over the queries, p is no more than an array.
func (im *importer) attendEither(n *Node, a, b *value) (*value, error) {
	weights := func(v *value) bool { return v.heads != nil && v.heads.stage == weighted && len(v.axes) > 1 }
	keys := func(v *value, axis int) bool { return slices.Equal(v.axes[len(v.axes)-axis], v.heads.keys()) }
	switch {
	case weights(a) && b.heads == nil && keys(a, 1):
		return im.attend(n, a, b)
	case weights(b) && a.heads == nil && keys(b, 2) && len(a.axes) > 1:
		y, err := im.attend(n, swapped(b), swapped(a))
		if err != nil {
			return nil, err
		}
		return swapped(y), nil
	case a.heads == nil && b.heads == nil:
		return nil, nil
	}
	a, err := im.plain(n, a)
	if err != nil {
		return nil, err
	}
	if b, err = im.plain(n, b); err != nil {
		return nil, err
	}
	return im.headProduct(n, a, b)
}

// swapped returns a value whose last two axes are the other way round.
func swapped(x *value) *value {
	y, rank := *x, len(x.axes)
	y.axes = slices.Clone(x.axes)
	y.axes[rank-1], y.axes[rank-2] = y.axes[rank-2], y.axes[rank-1]
	return &y
}

// unrepeated returns what keys or values were before each head of theirs was repeated for several heads of queries, and
// how often; 0 if they were not.
func (x *value) unrepeated() (*value, int) {
	if x.narrow == nil || x.heads != nil || !x.layer.repeats(x.narrow.layer) {
		return x, 0
	}
	for i, atoms := range x.axes {
		if len(atoms) != 2 {
			continue
		}
		y := *x.narrow
		y.axes, y.scale = slices.Clone(x.axes), x.scale*x.narrow.scale
		y.axes[i] = atoms[:1]
		longer := func(x axes) []*atom { return slices.DeleteFunc(x.atoms(), func(a *atom) bool { return a.size == 1 }) }
		if sameAtoms(longer(y.axes), longer(x.narrow.axes)) {
			return &y, atoms[1].size
		}
	}
	return x, 0
}

// repeats tells whether a layer gives the numbers of another, repeated once and perhaps moved.
func (l *layer) repeats(other *layer) bool {
	count := 0
	for ; l != nil && l != other; l = l.in[0] {
		if l.kind == "repeat_vector" {
			count++
		}
		if !slices.Contains([]string{"repeat_vector", "reshape", "flatten", "permute"}, l.kind) {
			return false
		}
	}
	return l != nil && count == 1
}

// wholeAxis gives an axis of several atoms, such as the directions and units of a recurrent layer, one for all, and one
// of extent 1 an atom of its own.
func (im *importer) wholeAxis(n *Node, x *value, axis int) (*value, error) {
	parts := x.axes[axis]
	if len(parts) == 0 {
		v, err := im.plain(n, x)
		if err != nil {
			return nil, err
		}
		u := *v
		u.axes = slices.Clone(v.axes)
		u.axes[axis] = []*atom{{size: 1}}
		u.store = append(axes{u.axes[axis]}, v.store...)
		u.layer = im.reshaped(n, v.layer, v.store, u.store)
		return &u, nil
	}
	if len(parts) < 2 || slices.ContainsFunc(parts, func(a *atom) bool { return a.batch }) || !x.batchFirst() {
		return x, nil
	}
	one := []*atom{{size: product(axes{parts}.extents())}}
	whole := func(a []*atom) bool { return slices.Equal(a, parts) }
	if i := slices.IndexFunc(x.store, whole); i >= 0 && x.heads == nil { // the spec's array has that axis
		y := *x
		y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
		y.axes[axis], y.store[i] = one, one
		return &y, nil
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	y := *im.aligned(n, x, x.axes.features())
	y.axes, y.store = slices.Clone(y.axes), slices.Clone(y.store)
	y.axes[axis] = one
	y.store[slices.IndexFunc(y.store, whole)] = one
	return &y, nil
}

// vectorProduct is the product of two vectors of each example, as a row and a column; nil for others.
func (im *importer) vectorProduct(n *Node, a, b *value) (*value, error) {
	row := func(v *value, one, other int) bool {
		return len(v.axes) == 3 && v.batchFirst() && product(v.axes[one:one+1].extents()) == 1 &&
			product(v.axes[other:other+1].extents()) > 1
	}
	if !row(a, 1, 2) || !row(b, 2, 1) || !slices.Equal(a.axes[2:].extents(), b.axes[1:2].extents()) {
		return nil, nil
	}
	x, err := im.plain(n, a)
	if err != nil {
		return nil, err
	}
	z, err := im.plain(n, b)
	if err != nil {
		return nil, err
	}
	l := im.add(n, "dot", im.aligned(n, x, axes{x.axes[2]}).layer, im.aligned(n, z, axes{z.axes[1]}).layer)
	one := []*atom{{size: 1}}
	return &value{layer: l, axes: axes{a.axes[0], one, nil}, store: axes{one}, scale: 1}, nil
}

// outerProduct is the product of a column and a row of each example, each an axis without a part of its own; nil for
// others.
func (im *importer) outerProduct(n *Node, a, b *value) (*value, error) {
	if rank := len(a.axes); rank != 3 || len(a.axes[2]) > 0 || len(b.axes[1]) > 0 || len(a.axes[1]) == 0 ||
		len(b.axes[2]) == 0 || !a.batchFirst() || !b.batchFirst() {
		return nil, nil
	}
	return im.join(n, "multiply", []*value{a, b})
}

// headMask is a constant that is added to scores: nothing, the mask of a causal attention, or another one.
func (im *importer) headMask(x *value, c *array) (*value, error) {
	if x.heads.stage != scored || !x.keysLast() {
		return nil, errors.New("a sum within an attention of a form that is not known")
	}
	if allZero(c) {
		return x, nil
	}
	dims := x.axes.extents()
	rows, cols := dims[len(dims)-2], dims[len(dims)-1]
	y, h := *x, *x.heads
	y.heads = &h
	if isCausal(c, rows, cols) && h.mask == nil {
		h.causal = true
		return &y, nil
	}
	// A mask of several heads has their axis, right before those of the scores.
	own, count := c.dims[max(0, len(c.dims)-2):], 1
	if n := len(c.dims); n > 2 && h.head != nil && len(dims) > 2 && c.dims[n-3] == h.head.size &&
		slices.Equal(x.axes[len(dims)-3], []*atom{h.head}) {
		own, count = c.dims[n-3:], h.head.size
	}
	if product(c.dims[:len(c.dims)-len(own)]) != 1 {
		return nil, fmt.Errorf("a mask of %v differs between examples: one for all is imported", c.dims)
	}
	if err := room(count, rows, cols); err != nil {
		return nil, err
	}
	full, err := broadcast(&array{dims: []int{count, rows, cols}, data: make([]float64, count*rows*cols)},
		&array{dims: own, data: c.data}, func(_, v float64) float64 { return v })
	if err != nil || len(full.data) != count*rows*cols {
		return nil, fmt.Errorf("a mask of %v for scores of %d×%d", c.dims, rows, cols)
	}
	if h.mask != nil {
		if full, err = broadcast(full, h.mask, functions2["Add"]); err != nil {
			return nil, err
		}
	}
	h.mask = full
	return &y, nil
}

// keyMask makes scores those of the keys that a condition keeps, which is the same for all heads and queries.
func (im *importer) keyMask(n *Node, x, c *value) (*value, error) {
	rank := len(x.axes)
	keys := x.axes[rank-1:].extents()[0]
	if c.above != nil && c.scale == 1 {
		c = c.above
	}
	if x.heads.stage != scored || x.heads.keep != nil || !x.keysLast() {
		return nil, errors.New("a condition within an attention of a form that is not known")
	}
	c, err := im.plain(n, c)
	if err != nil {
		return nil, err
	}
	if len(c.axes) == 0 {
		return nil, errors.New("a condition that is one number for all keys")
	}
	last := c.axes[len(c.axes)-1]
	if c.narrow != nil { // stretched over heads and queries, the mask is what it was
		for c.narrow != nil {
			c = c.narrow
		}
		if c, err = im.plain(n, c); err != nil {
			return nil, err
		}
	}
	features := slices.DeleteFunc(c.axes.features(), func(a []*atom) bool { return product(axes{a}.extents()) == 1 })
	if len(features) != 1 || !slices.Equal(features[0], last) || product(axes{last}.extents()) != keys {
		return nil,
			fmt.Errorf("a condition of %s on scores of %s: one for each key, the same for all queries and heads, is imported",
				c.axes, x.axes)
	}
	y, h := *x, *x.heads
	h.keep = im.aligned(n, c, axes{last})
	y.heads = &h
	return &y, nil
}

// isCausal tells whether a mask is −∞ for later steps and 0 for others.
func isCausal(c *array, rows, cols int) bool {
	if len(c.data) != rows*cols || rows != cols {
		return false
	}
	for i, v := range c.data {
		later := i%cols > i/cols
		if !later && v != 0 || later && minusBig(v) != math.Inf(-1) {
			return false
		}
	}
	return true
}

// minusBig returns −∞ for the numbers that exporters write for it.
func minusBig(v float64) float64 {
	if v <= -1e4 {
		return math.Inf(-1)
	}
	return v
}

// headSoftmax makes weights of scores; nil where it does not go over their keys.
func (im *importer) headSoftmax(n *Node, x *value) (*value, error) {
	k, err := axis(n.int("axis", -1), len(x.axes))
	if err != nil {
		return nil, err
	}
	if x.heads.stage != scored || k != len(x.axes)-1 || !x.keysLast() {
		return nil, nil
	}
	y, h := *x, *x.heads
	h.stage = weighted
	y.heads = &h
	return &y, nil
}

// attend is p·v.
func (im *importer) attend(n *Node, p, v *value) (*value, error) {
	rank := len(v.axes)
	h := *p.heads
	shared := 0
	if v, shared = v.unrepeated(); shared > 1 && shared != h.shared {
		return nil, fmt.Errorf("%d heads of queries read one of values, but %d one of keys", shared, max(1, h.shared))
	}
	v, err := im.wholeAxis(n, v, rank-2)
	if err != nil {
		return nil, err
	}
	s, err := sequenceOf(v, rank-2, rank-1)
	if err != nil {
		return nil, err
	}
	if rank != len(p.axes) || !(sequence{head: h.head}).reads(s, h.shared) || v.scale != 1 {
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

// added returns what masks add to the scores of head i, nil for nothing.
func (h *heads) added(i, rows, cols int) ([]float64, error) {
	if h.mask == nil && !h.causal {
		return nil, nil
	}
	from := 0 // of the head in the mask
	if h.mask != nil && h.mask.dims[0] > 1 {
		from = i * rows * cols
	}
	if err := room(rows, cols); err != nil {
		return nil, err
	}
	out := make([]float64, rows*cols)
	for r := range rows {
		open := false
		for c := range cols {
			v := 0.0
			if h.mask != nil {
				v = math.Max(h.mask.data[from+r*cols+c], unreached)
			}
			if h.causal && c > r {
				v = unreached
			}
			open = open || minusBig(v) != math.Inf(-1)
			out[r*cols+c] = v
		}
		if !open {
			return nil, fmt.Errorf("the mask forbids all keys to query %d: its softmax has no meaning", r)
		}
	}
	return out, nil
}

// attentionOperator is Attention of opset 23: softmax(q·kᵀ·scale)·v of three values with or without an axis of heads.
func attentionOperator(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) < 3 || slices.Contains(in[:3], nil) {
		return nil, errors.New("an attention needs queries, keys and values")
	}
	if len(in) > 6 && in[6] != nil {
		return nil, errors.New("nonpad_kv_seqlen: examples of different lengths are not imported")
	}
	if len(n.Out) > 3 && n.Out[3] != "" {
		return nil, errors.New("qk_matmul_output_mode: its scores are read, which no layer gives")
	}
	flat := len(in[0].axes) == 3
	var parts [3]*value
	for i := range parts {
		if in[i].konst != nil {
			return nil, errors.New("constant queries, keys or values")
		}
		v, err := im.plain(n, in[i])
		if err != nil {
			return nil, err
		}
		count := n.int("q_num_heads", 0)
		if i > 0 {
			count = n.int("kv_num_heads", count)
		}
		if d := v.axes.extents(); len(d) == 3 {
			if count < 1 || d[2]%count != 0 {
				return nil, fmt.Errorf("%d heads for %s", count, v.axes)
			}
			if v, err = v.regrouped([]int{d[0], d[1], count, d[2] / count}); err != nil {
				return nil, err
			}
			w := *v
			w.axes = axes{v.axes[0], v.axes[2], v.axes[1], v.axes[3]}
			v = &w
		}
		if len(v.axes) != 4 {
			return nil, fmt.Errorf("its input is %s, want n×heads×steps×columns or n×steps×columns", v.axes)
		}
		parts[i] = v
	}
	present := []*value{nil, parts[1], parts[2]}
	for i := 1; i < 3; i++ {
		past := 3 + i
		if past >= len(in) || in[past] == nil {
			continue
		}
		if in[past].konst != nil {
			return nil, errors.New("constant keys or values of the past")
		}
		joined, err := im.beside(n, []*value{in[past], parts[i]}, 2)
		if err != nil {
			return nil, err
		}
		parts[i], present[i] = joined, joined
	}
	y, err := im.attention(n, parts, in)
	if err != nil {
		return nil, err
	}
	if flat {
		y.axes = axes{y.axes[0], y.axes[2], slices.Concat(y.axes[1], y.axes[3])}
	}
	return []*value{y, present[1], present[2]}, nil
}

// attention is softmax(q·kᵀ·scale + mask)·v of values with an axis of heads.
func (im *importer) attention(n *Node, parts [3]*value, in []*value) (*value, error) {
	var of [3]sequence
	for i, v := range parts {
		s, err := sequenceOf(v, 2, 3)
		if err != nil {
			return nil, err
		}
		of[i] = s
	}
	width := func(i int) int { return product(axes{of[i].dim}.extents()) }
	queries, below := product(parts[0].axes[1:2].extents()), product(parts[1].axes[1:2].extents())
	steps, past := of[0].steps(), of[1].steps()-of[0].steps()
	switch {
	case queries%below != 0 || below != product(parts[2].axes[1:2].extents()):
		return nil, fmt.Errorf("%d heads of queries, %d of keys", queries, below)
	case width(0) != width(1) || of[1].steps() != of[2].steps():
		return nil, fmt.Errorf("queries of %s, keys of %s and values of %s",
			parts[0].axes, parts[1].axes, parts[2].axes)
	}
	keys := *parts[1]
	keys.axes = axes{keys.axes[0], keys.axes[1], keys.axes[3], keys.axes[2]}
	scale := n.float("scale", 0)
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(width(0)))
	}
	h := &heads{stage: scored, q: parts[0], k: &keys, head: of[0].head,
		softcap: n.float("softcap", 0), shared: queries / below}
	if h.shared == 1 {
		h.shared = 0
	}
	x := &value{axes: slices.Clone(parts[0].axes), scale: scale, heads: h}
	h.cols = []*atom{{size: of[1].steps()}}
	x.axes[3] = h.cols
	if mask, err := constantIn(in, 3, "mask"); err != nil {
		return nil, err
	} else if mask != nil {
		if mask.truth {
			mask = mapped(mask, func(v float64) float64 {
				if v != 0 {
					return 0
				}
				return math.Inf(-1)
			})
		}
		if x, err = im.headMask(x, mask); err != nil {
			return nil, err
		}
	}
	if n.int("is_causal", 0) != 0 {
		if past != 0 {
			return nil, fmt.Errorf("a causal attention of %d queries and %d keys", steps, steps+past)
		}
		causal := *x.heads
		causal.causal = true
		x.heads = &causal
	}
	p := *x
	weights := *x.heads
	weights.stage = weighted
	p.heads = &weights
	return im.attend(n, &p, parts[2])
}
