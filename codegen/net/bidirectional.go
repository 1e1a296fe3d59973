package net

import (
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// bidirectional writes out the shorthand.
func (b *builder) bidirectional(w *spec.Layer, in []*op.Layer) *op.Layer {
	if !b.stateless(w) {
		return nil
	}
	inner, _ := w.Node.Node("layer")
	if w.Share != nil {
		if from := &b.net.Spec.Layers[b.index[w.Share.Name]]; from.Kind != w.Kind {
			b.errs.Add("share-kind", w.Share.Pos, subject(w),
				"share a bidirectional layer, or write the recurrent layer without bidirectional",
				"a %s cannot share the parameters of %q, a %s: it has those of two directions", w.Kind, w.Share.Name, from.Kind)
			return nil
		}
		if b.failed[w.Share.Name] {
			return nil // its own error says why
		}
	}
	var both []*op.Layer
	for _, d := range []struct {
		suffix    string
		backwards bool
	}{{".forward", false}, {".backward", true}} {
		node := op.WithAttr(inner, "go_backwards", inner.Bool("go_backwards") != d.backwards)
		one := &spec.Layer{Node: node, Name: w.Name + d.suffix, From: w.From, Frozen: w.Frozen,
			LRFactor: w.LRFactor, DType: w.DType}
		if w.Share != nil {
			one.Share = &spec.Ref{Name: w.Share.Name + d.suffix, Pos: w.Share.Pos}
		}
		l := b.one(one, one.Name, op.ByName(inner.Kind), node, in)
		if l == nil {
			return nil
		}
		l.Source = w.Name
		both = append(both, l)
	}
	joined := map[string]*op.Def{"concat": op.Concatenate, "sum": op.Add, "mul": op.Multiply,
		"ave": op.Average}[w.Node.Word("merge_mode")]
	return b.one(&spec.Layer{Node: spec.Node{Kind: joined.Kind.Name, Pos: w.Pos}, Name: w.Name}, w.Name, joined,
		spec.Node{Kind: joined.Kind.Name, Pos: w.Pos}, both)
}
