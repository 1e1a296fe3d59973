package onnx

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// What is true or false is 1 or 0 here, as it is once cast to numbers. Comparisons are steps: a ≥ b where step(a − b)
// is 1. The sign of a rounded difference is that of the exact one, so nothing is lost but for NaN, which compares as if
// it were small.

// comparison is an operator that compares: reversed swaps its sides, strict negates the comparison of the swapped ones.
func comparison(reversed, strict bool) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		if len(in) != 2 || in[1] == nil {
			return nil, errors.New("a comparison needs two inputs")
		}
		if names, others := im.onlyNames(n.Out[0]); names && others {
			x, _, _ := sides(in)
			if x == nil {
				x = in[0]
			}
			im.decides(n, in, reversed == strict)
			return one(x.labelled(), nil)
		}
		a, b := n.In[0], n.In[1]
		x, y := in[0], in[1]
		if reversed {
			a, b, x, y = b, a, y, x
		}
		if p := im.paddingMask(n, x, y, strict); p != nil {
			return one(p, nil)
		}
		c, err := im.atLeast(n, a, b, x, y, strict)
		if err == nil && strict && x.konst != nil && y.scale == 1 {
			if v, ok := x.konst.scalar(); ok && v == 0.5 {
				c.above = y
			}
		}
		return one(c, err)
	}
}

// paddingMask is 1 for the tokens that are not 0: x ≥ y where not is unset, else x < y, of which one is an input of
// whole numbers and the other a number that tells 0 from 1; nil for other comparisons.
func (im *importer) paddingMask(n *Node, x, y *value, not bool) *value {
	tokens, c, kept := x, y.konst, !not // tokens ≥ c
	if x.konst != nil {
		tokens, c, kept = y, x.konst, not // c < tokens where not is set
	}
	v, ok := c.scalar()
	least := v > 0 && v <= 1 // x ≥ 1
	if x.konst != nil {
		least = v >= 0 && v < 1 // x > 0
	}
	if !ok || !least || tokens.layer == nil || tokens.layer.kind != "input" || !tokens.layer.tokens ||
		len(tokens.axes) == 0 || !equalAxes(tokens.store, tokens.axes[1:]) {
		return nil
	}
	l := im.add(n, "padding_mask", tokens.layer)
	p := tokens.like(l)
	p.positive, p.bits = true, true
	if kept {
		return p
	}
	p, err := im.complement(n, p)
	if err != nil {
		return nil
	}
	return p
}

// atLeast is 1 where x ≥ y, else 0; the opposite with not.
func (im *importer) atLeast(n *Node, a, b string, x, y *value, not bool) (*value, error) {
	each, other := im.count(x), im.count(y) // what one more adds to either side
	switch {
	case other != 0 && x.konst != nil:
		x = &value{konst: mapped(x.konst, func(v float64) float64 { return between(-v, -other) * -1 })}
	case each != 0 && y.konst != nil:
		y = &value{konst: mapped(y.konst, func(v float64) float64 { return between(v, each) })}
	}
	apart := 0.0 // what counts that differ at all differ by, or more
	if x.konst == nil && y.konst == nil && (each != 0 || other != 0) {
		var err error
		if apart, err = spacing(cmp.Or(each, multiple(x)), cmp.Or(other, multiple(y))); err != nil {
			return nil, err
		}
	}
	d, err := sub(im, &Node{Op: "Sub", Name: n.Name, In: []string{a, b}, Out: n.Out}, []*value{x, y})
	if err != nil {
		return nil, err
	}
	if apart != 0 { // which is rounded to another side of 0 by less than half of that
		if d[0], err = im.rescaled(n, d[0], 1, apart/2); err != nil {
			return nil, err
		}
	}
	s, err := im.element(n, d[0], "step")
	if err != nil {
		return nil, err
	}
	s.bits = true
	if !not {
		return s, nil
	}
	return im.complement(n, s)
}

// count returns what one more adds to a value that is a sum of whole numbers, or a multiple of it; 0 if it is none. A
// layer gives such a sum as a multiple of their mean: a rounding may have put it above or below a whole number.
func (im *importer) count(v *value) float64 {
	scale, ok := im.counts[v.layer]
	if !ok || v.konst != nil || scale == 0 {
		return 0
	}
	return float64(float32(v.scale / scale))
}

// multiple returns a number that all elements are multiples of: those of an input of whole numbers, at its scale; 0 for
// none that is known.
func multiple(v *value) float64 {
	if v.whole || v.layer != nil && v.layer.kind == "input" && v.layer.tokens {
		return float64(float32(v.scale))
	}
	return 0
}

// spacing returns how far multiples of a and of b are apart that are not equal, at least: 0 if one of both is unknown.
func spacing(a, b float64) (float64, error) {
	a, b = math.Abs(a), math.Abs(b)
	switch {
	case a == b, a == 0, b == 0:
		return min(a, b), nil
	}
	// Multiples of binary fractions of few digits are exact in float32, others equal one another but for roundings.
	const fine = 1 << 12
	m, n := a*fine, b*fine
	if m != math.Trunc(m) || n != math.Trunc(n) || max(m, n) > fine*fine {
		return 0, fmt.Errorf("counts times %g are compared with counts times %g: which are equal depends on roundings, "+
			"unless both factors are the same or binary fractions", a, b)
	}
	for n != 0 {
		m, n = n, math.Mod(m, n)
	}
	return m / fine, nil
}

// between returns a number halfway between two multiples of each, one that is at least v in float32, as the model
// computes it, and the next one that is not.
func between(v, each float64) float64 {
	step := math.Copysign(1, each)
	n := math.Floor(v/each) - 2*step
	if math.IsNaN(n) || math.Abs(n) > 1<<24 {
		return v
	}
	for range 5 {
		if float64(float32(n*each)) >= v {
			break
		}
		n += step
	}
	return (n - step/2) * each
}

// complement is 1 − x.
func (im *importer) complement(n *Node, x *value) (*value, error) {
	y, err := im.rescaled(n, x, -1, 1)
	if err != nil {
		return nil, err
	}
	y.positive, y.bits = true, x.bits
	if x.narrow != nil {
		y.narrow, err = im.complement(n, x.narrow)
	}
	return y, err
}

func equal(im *importer, n *Node, in []*value) ([]*value, error) {
	if x, c, _ := sides(in); x != nil {
		if v, ok := c.scalar(); ok && v == 0 { // a token that is less than 1
			if p := im.paddingMask(n, x, &value{konst: &array{data: []float64{1}}}, true); p != nil {
				return one(p, nil)
			}
		}
	}
	above, err := im.atLeast(n, n.in(0), n.in(1), in[0], in[1], false)
	if err != nil {
		return nil, err
	}
	below, err := im.atLeast(n, n.in(1), n.in(0), in[1], in[0], false)
	if err != nil {
		return nil, err
	}
	y, err := im.join(n, "multiply", []*value{above, below})
	if err != nil {
		return nil, err
	}
	y.bits = true
	return one(y, nil)
}

func not(im *importer, n *Node, in []*value) ([]*value, error) { return one(im.complement(n, in[0])) }

// logical joins what is true or false: by products, or as the larger of two.
func logical(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, c, at := sides(in)
		switch {
		case x == nil:
			return one(im.join(n, kind, in))
		case kind == "multiply":
			return one(im.stretch(n, x, c, at))
		}
		// a ∨ c = a·(1 − c) + c
		y, err := im.stretch(n, x, mapped(c, func(v float64) float64 { return truth(v == 0) }), at)
		if err != nil {
			return nil, err
		}
		return one(im.shift(n, y, mapped(c, func(v float64) float64 { return truth(v != 0) }), fresh))
	}
}

// xor is (a − b)².
func xor(im *importer, n *Node, in []*value) ([]*value, error) {
	d, err := sub(im, n, in)
	if err != nil {
		return nil, err
	}
	return one(im.element(n, d[0], "square"))
}

// where is c·a + (1 − c)·b for a condition c; with a constant condition and −∞ it is the mask of an attention.
func where(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) != 3 || slices.Contains(in, nil) {
		return nil, errors.New("a choice needs three inputs")
	}
	c, a, b := in[0], in[1], in[2]
	if c.konst != nil && a.konst != nil && b.konst == nil && b.heads != nil { // the same the other way round
		c, a, b = &value{konst: mapped(c.konst, func(v float64) float64 { return truth(v == 0) })}, b, a
	}
	if c.konst != nil && a.konst == nil && a.heads != nil && b.konst != nil {
		mask, err := broadcast(c.konst, b.konst, func(c, v float64) float64 {
			if c != 0 {
				return 0
			}
			return minusBig(v)
		})
		if err != nil {
			return nil, err
		}
		return one(im.headMask(a, mask))
	}
	if y, err := im.masked(n, c, a, b); y != nil || err != nil {
		return one(y, err)
	}
	if y, err := im.forbidding(n, c, a, b); y != nil || err != nil {
		return one(y, err)
	}
	a, b = im.outranked(n, a), im.outranked(n, b)
	other := &value{}
	if c.konst != nil {
		other.konst = mapped(c.konst, func(v float64) float64 { return truth(v == 0) })
	} else {
		var err error
		if other, err = im.complement(n, c); err != nil {
			return nil, err
		}
	}
	kept, err := im.chosenBy(n, c, a)
	if err != nil {
		return nil, err
	}
	filled, err := im.chosenBy(n, other, b)
	if err != nil {
		return nil, err
	}
	switch {
	case kept.konst != nil:
		return one(im.shift(n, filled, kept.konst, fresh))
	case filled.konst != nil:
		return one(im.shift(n, kept, filled.konst, fresh))
	}
	return one(im.join(n, "add", []*value{kept, filled}))
}

// outranked returns a constant of a choice with numbers in place of its infinities, where nothing but the largest of
// the choice, the smallest, or its softmax is read, in which they have no part. Others it returns as they are.
func (im *importer) outranked(n *Node, x *value) *value {
	if x.konst == nil || !slices.ContainsFunc(x.konst.data, func(v float64) bool { return math.IsInf(v, 0) }) {
		return x
	}
	limit := -limitless
	switch {
	case im.onlyReadBy(n.Out[0], "ReduceMax", "Softmax"):
	case im.onlyReadBy(n.Out[0], "ReduceMin"):
		limit = -limit
	default:
		return x
	}
	im.remark(fmt.Sprintf("%s leaves elements out: where it leaves out all, the model gives infinities or NaN, and the "+
		"network numbers", n))
	return &value{konst: mapped(x.konst, func(v float64) float64 {
		if v*limit > 0 && math.IsInf(v, 0) {
			return limit
		}
		return v
	})}
}

// onlyReadBy tells whether nothing but some operators reads a value, perhaps with its axes moved.
func (im *importer) onlyReadBy(name string, operators ...string) bool {
	if slices.ContainsFunc(im.model.Graph.Outputs, func(o *Port) bool { return o.Name == name }) {
		return false
	}
	readers := im.readersOf(name)
	return len(readers) > 0 && !slices.ContainsFunc(readers, func(r *Node) bool {
		if slices.Contains([]string{"Transpose", "Squeeze", "Unsqueeze", "Identity"}, operatorOf(r)) {
			return !im.onlyReadBy(r.Out[0], operators...)
		}
		return !slices.Contains(operators, operatorOf(r))
	})
}

// masked is a choice between the scores of an attention and −∞, or between what their softmax gives and 0; nil for
// others.
func (im *importer) masked(n *Node, c, a, b *value) (*value, error) {
	if c.konst != nil || (a.konst == nil) == (b.konst == nil) {
		return nil, nil
	}
	x, fill, kept := a, b.konst, c
	var err error
	if a.konst != nil {
		x, fill = b, a.konst
		if x.heads == nil {
			return nil, nil
		}
		if kept, err = im.complement(n, c); err != nil {
			return nil, err
		}
	}
	v, ok := fill.scalar()
	switch {
	case x.heads == nil || !ok:
		return nil, nil
	case x.heads.stage == scored && minusBig(v) == math.Inf(-1):
		return im.keyMask(n, x, kept)
	case x.heads.stage == weighted && v == 0 && x.heads.keep != nil:
		again := *x
		h := *x.heads
		h.stage, h.keep = scored, nil
		again.heads = &h
		y, err := im.keyMask(n, &again, kept)
		if err != nil {
			return nil, err
		}
		if y.heads.keep.layer == x.heads.keep.layer {
			return x, nil
		}
	}
	return nil, nil
}

// forbidding is −∞ where a condition holds and 0 elsewhere, or the other way round, or a constant mask elsewhere: what
// is added to the scores of an attention; nil for other choices.
func (im *importer) forbidding(n *Node, c, a, b *value) (*value, error) {
	if c.konst != nil || a.konst == nil || b.konst == nil || len(a.konst.data) == 0 || len(b.konst.data) == 0 {
		return nil, nil
	}
	low := func(v *value) bool {
		return !slices.ContainsFunc(v.konst.data, func(x float64) bool { return minusBig(x) != math.Inf(-1) })
	}
	var also *array // of the same for all examples, beside
	switch {
	case low(a) && allZero(b.konst):
	case low(a) && len(b.konst.dims) > 1 && !slices.ContainsFunc(b.konst.data,
		func(x float64) bool { return x != 0 && minusBig(x) != math.Inf(-1) }):
		also = b.konst
	case low(b) && allZero(a.konst):
		var err error
		if c, err = im.complement(n, c); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	y := *c
	y.scale *= unreached
	y.forbids, y.also, y.bits = c, also, false
	return &y, nil
}

// penalty returns what x·c forbids, where c is a number below all scores and x is 0 or 1: the keys that a mask tells,
// or 1 − x does of one that tells which are kept; nil for other products. An input of numbers is taken for a mask.
func (im *importer) penalty(n *Node, x *value, c *array) (*value, error) {
	v, ok := c.scalar()
	if !ok || minusBig(v) != math.Inf(-1) || x.konst != nil || x.heads != nil || x.scale != 1 || x.layer == nil {
		return nil, nil
	}
	if x.label != nil && x.label.complement != nil && raw(x.layer) {
		im.remark(fmt.Sprintf("%s: what it reads is taken for a mask of zeros and ones", n))
		return im.complement(n, x.label.complement)
	}
	if !x.bits || x.label != nil {
		return nil, nil
	}
	return x, nil
}

// forbidden is the sum of scores with what forbids keys; nil for other sums.
func (im *importer) forbidden(n *Node, in []*value) (*value, error) {
	if len(in) != 2 || in[0] == nil || in[1] == nil {
		return nil, nil
	}
	x, c := in[0], in[1]
	if x.heads == nil {
		x, c = c, x
	}
	if x.heads == nil || x.heads.stage != scored || c.forbids == nil {
		return nil, nil
	}
	keep := c.forbids
	narrow := keep
	for narrow.narrow != nil {
		narrow = narrow.narrow
	}
	kept, err := im.complement(n, narrow)
	if err != nil {
		return nil, err
	}
	whole := *kept
	if narrow != keep { // the atoms of the keys are the same, along the last axis of both
		whole.axes, whole.narrow = keep.axes, kept
	}
	y, err := im.keyMask(n, x, &whole)
	if err == nil && c.also != nil {
		y, err = im.headMask(y, c.also)
	}
	return y, err
}

// chosenBy is c∘x, either of which may be a constant, for c of zeros and ones.
func (im *importer) chosenBy(n *Node, c, x *value) (*value, error) {
	for _, v := range []*value{c, x} {
		if v.konst == nil {
			continue
		}
		if i := slices.IndexFunc(v.konst.data, func(v float64) bool { return math.IsInf(v, 0) || math.IsNaN(v) }); i >= 0 {
			return nil, fmt.Errorf("%g is chosen where a condition holds: a layer multiplies by zeros and ones there",
				v.konst.data[i])
		}
	}
	switch {
	case c.konst != nil && x.konst != nil:
		k, err := broadcast(c.konst, x.konst, functions2["Mul"])
		return &value{konst: k}, err
	case c.konst != nil:
		return im.stretch(n, x, c.konst, unknown)
	case x.konst != nil:
		return im.stretch(n, c, x.konst, unknown)
	}
	return im.join(n, "multiply", []*value{x, c})
}

// naming are the operators that turn the number of a class into its name.
var naming = []string{"Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Gather",
	"ml.ArrayFeatureExtractor", "ml.LabelEncoder", "ArgMax"}

// maxNaming bounds the values between a choice and the name of a class: exporters write five or six.
const maxNaming = 64

// onlyNames tells whether a value serves to name a class alone: all that reads it leads to outputs by operators that
// name; others tells whether the model has other outputs besides.
func (im *importer) onlyNames(name string) (names, others bool) {
	seen := map[string]bool{name: true}
	queue := []string{name}
	for len(queue) > 0 {
		name, queue = queue[0], queue[1:]
		if len(seen) > maxNaming {
			return false, false
		}
		for _, n := range im.readersOf(name) {
			if !slices.Contains(naming, operatorOf(n)) || operatorOf(n) == "Gather" && !im.listOfNames(n, name) {
				return false, false
			}
			for _, o := range n.Out {
				if !seen[o] {
					seen[o], queue = true, append(queue, o)
				}
			}
		}
	}
	return true, slices.ContainsFunc(im.model.Graph.Outputs, func(p *Port) bool { return !seen[p.Name] })
}

// listOfNames tells whether a Gather chooses a name by its place from a list of them.
func (im *importer) listOfNames(n *Node, place string) bool {
	list := im.values[n.in(0)]
	return list != nil && list.konst != nil && len(list.konst.dims) == 1 && n.in(1) == place
}

// decides notes from which probability on a comparison chooses the second class, or the first, or below which an output
// of nngen declines; least says that it is one of a ≥ b and a > b, not of a ≤ b and a < b.
func (im *importer) decides(n *Node, in []*value, least bool) {
	x, c, at := sides(in)
	v, ok := c.scalar()
	switch {
	case x == nil || !ok || x.layer == nil:
	case im.own && strings.HasSuffix(n.Name, declinedSuffix):
		im.rejects[strings.TrimSuffix(n.Name, declinedSuffix)] = rounded(v)
	default:
		im.thresholds[x.layer] = rounded(v)
		if least != (at == 0) {
			im.inverted = append(im.inverted, x.layer)
		}
	}
}

// declinedSuffix follows the name of an output in the name of the one that tells whether it declines.
const declinedSuffix = ".declined"

// labelled returns x as the number of a class that is chosen by it.
func (x *value) labelled() *value {
	y := *x
	y.label = &label{chosen: true}
	return &y
}
