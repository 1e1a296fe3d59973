package net

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// layer makes layer i of the spec after all that it reads or shares with, and returns what readers of
// its name read; nil if something is wrong, which has then been reported.
func (b *builder) layer(i int) *op.Layer {
	w := &b.net.Spec.Layers[i]
	if l := b.done[w.Name]; l != nil || b.failed[w.Name] {
		return l
	}
	b.failed[w.Name] = true // until it is done; also ends a cycle, which package spec reports
	var in []*op.Layer
	for _, r := range b.reads(i) {
		l := b.done[r.Name]
		if j, ok := b.index[r.Name]; ok && l == nil {
			b.layer(j)
			l = b.done[r.Name]
		}
		if l == nil {
			return nil
		}
		in = append(in, l)
	}
	if w.Share != nil {
		if j, ok := b.index[w.Share.Name]; ok {
			b.layer(j)
		}
	}
	first := len(b.net.Layers)
	l := b.kind(w, in)
	if l != nil && b.trainable(w, b.net.Layers[first:]) {
		b.done[w.Name] = l
		delete(b.failed, w.Name)
	}
	return l
}

// reads returns the names that layer i reads: those written, or the layer before it, or the input.
func (b *builder) reads(i int) []spec.Ref {
	s := b.net.Spec
	w := &s.Layers[i]
	initial := w.Node.Refs("initial_state")
	if w.From != nil {
		return slices.Concat(w.From, initial)
	}
	if i > 0 {
		if before := &s.Layers[i-1]; before.Kind == op.OutputKind.Name {
			b.errs.Add("input", w.Pos, subject(w),
				fmt.Sprintf("write from: with the layer that it reads; from: %s if it is meant to read that output", before.Name),
				"nothing says what it reads, and the layer before it is the output %q", before.Name)
			return []spec.Ref{{}}
		}
		return append([]spec.Ref{{Name: s.Layers[i-1].Name, Pos: w.Pos}}, initial...)
	}
	if len(s.Inputs) > 1 {
		b.errs.Add("input", w.Pos, subject(w), "write from: with the inputs that it reads",
			"the first layer must say which of the %d inputs it reads", len(s.Inputs))
		return []spec.Ref{{}}
	}
	return append([]spec.Ref{{Name: s.Inputs[0].Name, Pos: w.Pos}}, initial...)
}

func subject(w *spec.Layer) string { return fmt.Sprintf("layer %q", w.Name) }

// kind makes the layers of one entry: itself, and those that its shorthands stand for.
func (b *builder) kind(w *spec.Layer, in []*op.Layer) *op.Layer {
	switch w.Kind {
	case op.ActivationKind.Name:
		f, _ := w.Node.Node("function")
		return b.one(w, w.Name, op.ByName(f.Kind), f, in)
	case op.OutputKind.Name:
		return b.output(w, in)
	case op.BidirectionalKind.Name:
		return b.bidirectional(w, in)
	case op.TimeDistributed.Kind.Name:
		if !b.stateless(w) {
			return nil
		}
	}
	l := b.one(w, w.Name, b.tied(w, op.ByName(w.Kind)), w.Node, in)
	if l == nil {
		return nil
	}
	if w.Node.Bool("return_state") {
		b.states(w, l)
	}
	return b.activation(w, l)
}

// activation appends the activation that a layer's attribute asks for.
func (b *builder) activation(w *spec.Layer, l *op.Layer) *op.Layer {
	node := w.Node
	if l.Def == op.TimeDistributed {
		node, _ = node.Node("layer")
	}
	act, ok := node.Node("activation")
	if !ok || act.Kind == op.Linear.Kind.Name {
		return l
	}
	return b.one(&spec.Layer{Node: act, Name: w.Name, Frozen: w.Frozen, LRFactor: w.LRFactor, DType: w.DType}, w.Name+"."+
		act.Kind, op.ByName(act.Kind), act, []*op.Layer{l})
}

// one makes one layer.
func (b *builder) one(w *spec.Layer, name string, def *op.Def, node spec.Node, in []*op.Layer) *op.Layer {
	l := &op.Layer{Name: name, Source: w.Name, Def: def, Node: node, In: in, Frozen: w.Frozen, LRFactor: w.LRFactor,
		DType: w.DType, Pos: node.Pos}
	if w.Pos.Line > 0 {
		l.Pos = w.Pos
	}
	in = in[:len(in)-l.States()]
	switch {
	case def.Inputs > 0 && (len(in) < def.Inputs || len(in) > max(def.Most, def.Inputs)):
		many := "1 layer"
		if def.Most > def.Inputs {
			many = fmt.Sprintf("%d to %d layers", def.Inputs, def.Most)
		}
		b.errs.Add("arity", l.Pos, subject(w), "add and concatenate join several", "%s reads %s, but from: names %d",
			def.Kind.Name, many, len(in))
		return nil
	case def.Inputs < 0 && len(in) < 2:
		b.errs.Add("arity", l.Pos, subject(w), "name them: from: [a, b]",
			"%s joins two or more layers, but reads %d", def.Kind.Name, len(in))
		return nil
	}
	shape, err := def.Shape(l)
	if err != nil {
		problem, hint, pos, ofLayer := op.Blame(err, node)
		if ofLayer {
			pos = l.Pos
			if len(w.From) > 0 {
				pos = w.From[len(w.From)-1].Pos
			}
		}
		b.errs.Add("shape", pos, subject(w), hint, "%s", problem)
		if def.Declared == nil {
			return nil
		}
		if shape = def.Declared(l); shape == nil { // else what follows is checked all the same
			return nil
		}
	}
	if !b.fits(shape, l.Pos, subject(w)) {
		return nil
	}
	l.Shape = shape
	if !b.sparsity(w, l) {
		return nil
	}
	for _, x := range in {
		if x.Vocabulary != nil && def.Tokens == nil {
			b.errs.Warn("tokens", l.Pos, subject(w), "put an embedding between them",
				"it takes the tokens of %q for quantities, but they are only numbers of characters or words", x.Name)
		}
	}
	if w.Share != nil {
		if !b.share(w, l) {
			return nil
		}
	} else if !b.params(l) {
		return nil
	}
	if name == w.Name {
		b.owner[w.Name] = l
	}
	return b.add(l)
}
