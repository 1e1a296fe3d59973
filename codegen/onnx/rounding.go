package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Whole parts of quotients. A division by a constant is a product with its reciprocal here, which is rounded: 49 times
// that of 49 is below 1 in float32, and its whole part 0. So the whole part q of x/d is put right by what is left:
//
//	q₀ = ⌊x·(1/d)⌋,  r = x − d·q₀,  q = q₀ + 1 where r ≥ d, q₀ − 1 where r < 0
//
// r is exact where x and d are whole, or multiples of a power of two, as q is then. Where d is a power of two, its
// reciprocal is exact, and q₀ is q.

// wholeQuotient finds ⌊x/d⌋ and ⌈x/d⌉ with a constant d.
func wholeQuotient(m *matcher, n *Node) *Node {
	if n.Op != "Floor" && n.Op != "Ceil" || n.Domain != "" {
		return nil
	}
	q := m.made(n.in(0), "Div")
	if q == nil || len(q.In) != 2 || m.fixed(q.in(0)) {
		return nil
	}
	if d, ok := m.number(q.in(1)); !ok || d == 0 {
		return nil
	}
	return &Node{Op: "WholeQuotient", Domain: internal, In: q.In, Attrs: []*Attr{wordAttr("mode", n.Op)}}
}

// wholeQuotientOf is the row of that pattern: ⌈x/d⌉ is −⌊x/−d⌋.
func wholeQuotientOf(im *importer, n *Node, in []*value) ([]*value, error) {
	d, ok := in[1].konst.scalar()
	if !ok {
		return nil, errors.New("a divisor that is no number")
	}
	if n.word("mode", "") == "Floor" {
		return one(im.floorOf(n, in[0], d))
	}
	q, err := im.floorOf(n, in[0], -d)
	if err != nil {
		return nil, err
	}
	return one(im.rescaled(n, q, -1, 0))
}

// floorOf is ⌊x/d⌋.
func (im *importer) floorOf(n *Node, x *value, d float64) (*value, error) {
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	if d < 0 {
		if x, err = im.rescaled(n, x, -1, 0); err != nil {
			return nil, err
		}
		d = -d
	}
	q, err := im.rescaled(n, x, 1/d, 0)
	if err != nil {
		return nil, err
	}
	if q, err = im.element(n, q, "floor"); err != nil {
		return nil, err
	}
	if f, _ := math.Frexp(d); f == 0.5 {
		return q, nil
	}
	r, err := im.remainder(n, x, q, d)
	if err != nil {
		return nil, err
	}
	over, err := im.rescaled(n, r, 1, -d)
	if err != nil {
		return nil, err
	}
	if over, err = im.element(n, over, "step"); err != nil {
		return nil, err
	}
	from, err := im.element(n, r, "step")
	if err != nil {
		return nil, err
	}
	sum, err := im.join(n, "add", []*value{q, over, from})
	if err != nil {
		return nil, err
	}
	return im.rescaled(n, sum, 1, -1)
}

// remainder is x − d·q.
func (im *importer) remainder(n *Node, x, q *value, d float64) (*value, error) {
	product, err := im.rescaled(n, q, d, 0)
	if err != nil {
		return nil, err
	}
	return im.join(n, "subtract", []*value{x, product})
}

// mod is what a division by a constant leaves: with the sign of x where fmod is 1, else with that of the divisor.
func mod(im *importer, n *Node, in []*value) ([]*value, error) {
	c, err := needed(in, 1, "divisor", -1)
	if err != nil {
		return nil, err
	}
	d, ok := c.scalar()
	if !ok || d == 0 || c.whole || in[0].whole {
		return nil, errors.New("what a division of float32 by one constant leaves is computed alone")
	}
	x := in[0]
	if n.int("fmod", 0) != 0 {
		if x, err = im.element(n, x, "abs"); err != nil {
			return nil, err
		}
		d = math.Abs(d)
	}
	q, err := im.floorOf(n, x, d)
	if err != nil {
		return nil, err
	}
	if x, err = im.plain(n, x); err != nil {
		return nil, err
	}
	r, err := im.remainder(n, x, q, d)
	if err != nil || n.int("fmod", 0) == 0 {
		return one(r, err)
	}
	signs, err := sign(im, n, in[:1])
	if err != nil {
		return nil, err
	}
	return one(im.join(n, "multiply", []*value{r, signs[0]}))
}

// wavesOnly tells whether nothing but sines and cosines read what a node gives: they tell a rounding of large
// arguments, so that a factor stays where the model has it.
func (im *importer) wavesOnly(n *Node) bool {
	readers := im.readersOf(n.Out[0])
	for _, r := range readers {
		if !strings.Contains(" Sin Cos ", " "+r.Op+" ") {
			return false
		}
	}
	return len(readers) > 0
}

// chunkOf finds a part of an array that SplitToSequence cut into a sequence.
func chunkOf(m *matcher, n *Node) *Node {
	if n.Op != "SequenceAt" || n.Domain != "" {
		return nil
	}
	cut := m.made(n.in(0), "SplitToSequence")
	at := m.list(n.in(1))
	if cut == nil || len(at) != 1 {
		return nil
	}
	attrs := []*Attr{intAttr("axis", cut.int("axis", 0)), intAttr("at", int(at[0])),
		intAttr("keepdims", cut.int("keepdims", 1))}
	return &Node{Op: "Chunk", Domain: internal, In: cut.In, Attrs: attrs}
}

// chunk is the row of that pattern. Its sizes are a list, or one number for all parts but the last.
func chunk(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	k, err := axis(n.int("axis", 0), len(x.axes))
	if err != nil {
		return nil, err
	}
	size, squeezed := x.axes.extents()[k], false
	parts := []int{1}
	if a, err := constantIn(in, 1, "sizes"); err != nil {
		return nil, err
	} else if a == nil {
		squeezed = n.int("keepdims", 1) == 0
	} else if parts = a.ints(); len(parts) == 0 {
		return nil, errors.New("a cut into no parts")
	}
	at := n.int("at", 0)
	from, to := 0, 0
	if len(parts) == 1 { // of each part, but the last may have less
		if at < 0 && parts[0] > 0 {
			at += (size + parts[0] - 1) / parts[0]
		}
		from, to = at*parts[0], min((at+1)*parts[0], size)
	} else {
		if at < 0 {
			at += len(parts)
		}
		for i := 0; i <= at && i < len(parts); i++ {
			from, to = to, to+parts[i]
		}
	}
	if at < 0 || from >= to || len(parts) > 1 && at >= len(parts) {
		return nil, fmt.Errorf("part %d of a cut of %d into parts of %v", n.int("at", 0), size, parts)
	}
	if squeezed {
		y, err := im.chosen(n, x, k, at)
		if err != nil {
			return nil, err
		}
		z := *y
		z.axes = slices.Delete(slices.Clone(y.axes), k, k+1)
		return one(&z, nil)
	}
	return one(im.ranged(n, x, cut{axis: k, from: from, to: to, step: 1}))
}
