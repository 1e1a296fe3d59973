package net

import (
	"fmt"
	"slices"
	"strings"

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
		if !b.oneHot(in) {
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
				b.errs.Add("preprocess", n.Pos, n.Kind, "name it: {input: …}", "there are %d inputs, so this must say which one it is for", len(s.Inputs))
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
		l := &op.Layer{Name: name + "." + n.Kind, Def: op.PreprocessByName(n.Kind), Node: n, In: []*op.Layer{in}, Shape: in.Shape, Pos: n.Pos}
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

// oneHot checks that the columns of words are columns of the input, and that all columns together give
// as many numbers as its shape has.
func (b *builder) oneHot(in spec.Input) bool {
	if in.OneHot == nil {
		return true
	}
	subject := fmt.Sprintf("input %q", in.Name)
	width := len(in.Columns)
	for i, h := range in.OneHot {
		if !slices.Contains(in.Columns, h.Column) {
			b.errs.Add("input", h.Pos, subject, "list all columns of the input, in order: columns: […]", "one_hot names the column %q, which is none of its columns %q", h.Column, in.Columns)
			return false
		}
		for j, v := range h.Values {
			if strings.TrimSpace(v) != v {
				b.errs.Add("input", h.Pos, subject, "write the word without the space", "the column %q lists the word %q, but fields are read without space around them", h.Column, v)
				return false
			}
			if slices.Contains(h.Values[:j], v) {
				b.errs.Add("input", h.Pos, subject, "", "the column %q lists the word %q twice", h.Column, v)
				return false
			}
		}
		if slices.ContainsFunc(in.OneHot[:i], func(o spec.OneHot) bool { return o.Column == h.Column }) {
			b.errs.Add("input", h.Pos, subject, "", "one_hot names the column %q twice", h.Column)
			return false
		}
		width += len(h.Values) - 1
	}
	if size := ir.Shape(in.Shape).Size(); width != size {
		b.errs.Add("input", in.Pos, subject, "", "its %d columns give %d numbers, words counting one for each, but its shape %s has %d", len(in.Columns), width, ir.Shape(in.Shape), size)
		return false
	}
	return true
}
