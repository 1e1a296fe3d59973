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
