package net

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// inputs makes the layers of the inputs and of their preprocessing.
func (b *builder) inputs() {
	s := b.net.Spec
	for _, in := range s.Inputs {
		shape := ir.Shape(in.Shape)
		if !b.fits(shape, in.Pos, fmt.Sprintf("input %q", in.Name)) {
			continue
		}
		if !b.columns(in) {
			continue
		}
		v, ok := b.vocabulary(in)
		if !ok {
			continue
		}
		l := b.add(&op.Layer{Name: in.Name, Def: op.Input, Shape: shape, Vocabulary: v, Pos: in.Pos})
		b.net.Inputs = append(b.net.Inputs, l)
		b.done[in.Name] = l
	}
	for _, n := range s.Preprocess {
		name := n.Word("input")
		if name == "" {
			if len(s.Inputs) != 1 {
				b.errs.Add("preprocess", n.Pos, n.Kind, "name it: {input: …}",
					"there are %d inputs, so this must say which one it is for", len(s.Inputs))
				continue
			}
			name = s.Inputs[0].Name
		}
		in := b.done[name]
		if in == nil && slices.ContainsFunc(s.Inputs, func(in spec.Input) bool { return in.Name == name }) {
			continue // its own error says why
		}
		if in == nil {
			b.errs.Add("preprocess", n.At("input"), n.Kind, "", "no input is named %q", name)
			continue
		}
		l := &op.Layer{Name: name + "." + n.Kind, Def: op.PreprocessByName(n.Kind), Node: n, In: []*op.Layer{in},
			Shape: in.Shape, Pos: n.Pos}
		for b.taken(l.Name) {
			l.Name += "_again"
		}
		if n.Kind == "rescale" && n.Float("scale") == 0 {
			b.errs.Add("preprocess", n.At("scale"), n.Kind, "", "a scale of 0 makes every input the same")
			continue
		}
		b.params(l)
		b.done[name] = b.add(l)
	}
}
