package net

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// params makes the parameters of a layer.
func (b *builder) params(l *op.Layer) bool {
	if l.Def.Params == nil {
		return true
	}
	node := l.Node
	if l.Def == op.TimeDistributed {
		node = op.Inner(l).Node
	}
	if in := lastOf(l.InShape(0)); node.Has("units") && in > op.MaxElements/max(1, node.Int("units")) && l.Pattern == nil {
		b.errs.Add("size", node.At("units"), fmt.Sprintf("layer %q", l.Name), "", "%d×%d weights are more than %d", in,
			node.Int("units"), op.MaxElements)
		return false
	}
	for _, p := range l.Def.Params(l) {
		role, attrs := p.Name, p.Attrs
		p.Name, p.Pos, p.LRFactor = l.Name+"."+role, l.Pos, l.LRFactor
		if l.Frozen && p.Role == ir.Trained {
			p.Role, p.MaxNorm = ir.Frozen, 0
		}
		if p.Pattern == nil && !b.fits(p.Shape, l.Pos, fmt.Sprintf("layer %q: its %s", l.Name, role)) {
			return false
		}
		if !b.take(p.Size(), l.Pos, fmt.Sprintf("layer %q", l.Name)) {
			return false
		}
		if attrs.Initializer != "" {
			p.Init, _ = node.Node(attrs.Initializer)
		}
		if p.Role == ir.Frozen {
			// its penalty would be a constant
		} else if r, ok := node.Node(attrs.Regularizer); ok {
			p.L1, p.L2 = op.Penalties(r)
		} else if r := b.net.Spec.Training.Regularizer; attrs.Inherits && r != nil {
			p.L1, p.L2 = op.Penalties(*r)
		}
		if attrs.DType {
			p.DType = ir.DTypeByName(cmp.Or(l.DType, b.net.Spec.DType))
		}
		if !b.initializer(l, p, role, node.At(attrs.Initializer)) {
			return false
		}
		l.Params = append(l.Params, p)
	}
	return true
}

// initializer checks that the initializer of a parameter has a meaning for it.
func (b *builder) initializer(l *op.Layer, p *ir.Param, role string, at spec.Pos) bool {
	if p.Init.Kind == "" {
		return true // of a Constant with values
	}
	check := op.InitializerByName(p.Init.Kind).Check
	if check == nil {
		return true
	}
	if problem := check(p, role); problem != "" {
		b.errs.Add("init", at, fmt.Sprintf("layer %q", l.Name), "", "%s", problem)
		return false
	}
	return true
}

// share gives a layer the parameters of another.
func (b *builder) share(w *spec.Layer, l *op.Layer) bool {
	from := b.owner[w.Share.Name]
	if from == nil {
		if !b.failed[w.Share.Name] { // else it is reported there, or a cycle, which package spec reports
			b.errs.Add("share-kind", w.Share.Pos, subject(w), "", "%q has no parameters to share", w.Share.Name)
		}
		return false
	}
	if l.Def == op.TiedDense && from.Def == op.Embedding {
		return b.tie(w, l, from)
	}
	if from.Def != l.Def || len(from.Params) == 0 {
		b.errs.Add("share-kind", w.Share.Pos, subject(w), "", "a %s cannot share the parameters of %q, a %s with %d of them",
			l.Def.Kind.Name, from.Name, from.Def.Kind.Name, len(from.Params))
		return false
	}
	own := l.Def.Params(l)
	for i, p := range own {
		if i >= len(from.Params) || !from.Params[i].Shape.Equal(p.Shape) {
			b.errs.Add("share-shape", w.Share.Pos, subject(w), "", "its %s would be %s, but that of %q is %s", p.Name, p.Shape,
				from.Name, from.Params[min(i, len(from.Params)-1)].Shape)
			return false
		}
	}
	if len(own) != len(from.Params) {
		b.errs.Add("share-shape", w.Share.Pos, subject(w), "", "it would have %d parameters, but %q has %d", len(own),
			from.Name, len(from.Params))
		return false
	}
	l.Params, l.Pattern, l.Frozen = from.Params, from.Pattern, from.Frozen
	return true
}

// trainable checks that an entry which says whether or how fast it is trained has parameters of its own, given its
// layers, and that it does not say both.
func (b *builder) trainable(w *spec.Layer, layers []*op.Layer) bool {
	if w.Frozen && w.LRFactorPos.Line != 0 {
		b.errs.Add("trainable", w.LRFactorPos, subject(w), "leave out lr_factor",
			"its parameters are not trained: no rate counts for them")
		return false
	}
	return b.ownParams(w, layers, "trainable", w.Trainable) && b.ownParams(w, layers, "lr_factor", w.LRFactorPos) &&
		b.stored(w, layers)
}

// stored checks that an entry which says how its weights are stored has some of its own, given its layers.
func (b *builder) stored(w *spec.Layer, layers []*op.Layer) bool {
	if w.DTypePos.Line == 0 {
		return true
	}
	if w.Share != nil {
		b.errs.Add("weights", w.DTypePos, subject(w), fmt.Sprintf("write weights: at %q", w.Share.Name),
			"its weights are those of %q", w.Share.Name)
		return false
	}
	for _, l := range layers {
		if slices.ContainsFunc(l.Params, func(p *ir.Param) bool { return p.Attrs.DType }) {
			return true
		}
	}
	b.errs.Add("weights", w.DTypePos, subject(w), "leave out weights",
		"%s has neither a kernel nor a table: all its numbers are stored as float32", w.Kind)
	return false
}

// ownParams checks that an entry has parameters of its own if an attribute that is about them is written, at a
// position.
func (b *builder) ownParams(w *spec.Layer, layers []*op.Layer, attr string, at spec.Pos) bool {
	if at.Line == 0 {
		return true
	}
	if w.Share != nil && !slices.ContainsFunc(layers, func(l *op.Layer) bool { return l.Def == op.TiedDense }) {
		b.errs.Add("trainable", at, subject(w), fmt.Sprintf("write %s: at %q", attr, w.Share.Name),
			"its parameters are those of %q", w.Share.Name)
		return false
	}
	for _, l := range layers {
		if slices.ContainsFunc(l.Params, func(p *ir.Param) bool { return p.Role != ir.Constant }) {
			return true
		}
	}
	b.errs.Add("trainable", at, subject(w), "leave out "+attr, "%s has no parameters that training could change", w.Kind)
	return false
}

// tie gives a layer the table of an embedding, and a bias of its own.
func (b *builder) tie(w *spec.Layer, l, from *op.Layer) bool {
	table, own := from.Params[0], l.Def.Params(l)[0]
	switch {
	case l.Pattern != nil:
		b.errs.Add("share-kind", w.Share.Pos, subject(w), "leave out sparsity",
			"it has a mask, but %q, whose table it shares, has none", from.Name)
		return false
	case !table.Shape.Equal(own.Shape):
		b.errs.Add("share-shape", w.Share.Pos, subject(w), fmt.Sprintf("put a dense layer of %d units before it",
			table.Shape[1]),
			"it would have a row of %d weights for each of %d units, but the table of %q is %s", own.Shape[1],
			own.Shape[0], from.Name, table.Shape)
		return false
	case !b.params(l):
		return false
	}
	l.Params[0] = table
	return true
}

// tied returns the kind that a layer is of: tied_dense for a dense one that shares an embedding.
func (b *builder) tied(w *spec.Layer, def *op.Def) *op.Def {
	if def != op.Dense || w.Share == nil {
		return def
	}
	if from := b.owner[w.Share.Name]; from != nil && (from.Def == op.Embedding || from.Def == op.TiedDense) {
		return op.TiedDense
	}
	return def
}
