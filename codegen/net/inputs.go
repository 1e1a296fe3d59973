package net

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// inputs makes the layers of the inputs and of their preprocessing, and behind those what puts channels last. So an
// input and its preprocessing have the layout of callers and files, and all others that of the kernels.
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
		l := b.add(&op.Layer{Name: in.Name, Source: in.Name, Def: op.Input, Shape: shape, Vocabulary: v, Pos: in.Pos})
		b.net.Inputs = append(b.net.Inputs, l)
		b.done[in.Name] = l
	}
	fitted := map[[2]string]spec.Pos{} // by input and kind
	for _, n := range s.Preprocess {
		name := n.Word("input")
		if name == "" {
			if len(s.Inputs) != 1 {
				b.errs.Add("preprocess", n.Pos, n.Kind, eachInput(s, n.Kind),
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
		key := [2]string{name, n.Kind}
		if at, ok := fitted[key]; ok { // no error: an imported network has the numbers of both
			b.errs.Warn("preprocess", n.Pos, n.Kind, "keep one of them, or name another input",
				"input %q has %s already, at line %d:%d: fitted to a training set, the last of two alone counts",
				name, n.Kind, at.Line, at.Col)
		} else if n.Kind != "rescale" { // of which two are one with other numbers
			fitted[key] = n.Pos
		}
		l := &op.Layer{Name: b.unused(name + "." + n.Kind), Source: name, Def: op.PreprocessByName(n.Kind), Node: n,
			In: []*op.Layer{in}, Shape: in.Shape, Pos: n.Pos}
		if n.Kind == "rescale" && n.Float("scale") == 0 {
			b.errs.Add("preprocess", n.At("scale"), n.Kind, "", "a scale of 0 makes every input the same")
			continue
		}
		b.params(l)
		b.done[name] = b.add(l)
	}
	for _, in := range s.Inputs {
		if l := b.done[in.Name]; l != nil && in.Layout == spec.ChannelsFirst {
			b.done[in.Name] = b.channelsLast(in, l)
		}
	}
}

// eachInput is the hint for a preprocessing that does not name one of several inputs.
func eachInput(s *spec.Spec, kind string) string {
	const most = 3
	var all []string
	for i, in := range s.Inputs {
		if i == most {
			all = append(all, "…")
			break
		}
		all = append(all, fmt.Sprintf("{%s: {input: %s}}", kind, in.Name))
	}
	return fmt.Sprintf("write preprocess: [%s], or those of them that are meant", strings.Join(all, ", "))
}

// channelsLast adds what moves the channels of an input, which stand first, behind its other axes.
func (b *builder) channelsLast(in spec.Input, l *op.Layer) *op.Layer {
	dims := op.ChannelsLast(len(in.Shape))
	moved := b.add(&op.Layer{Name: b.unused(in.Name + "." + spec.ChannelsLast), Source: in.Name, Def: op.Permute,
		Node: spec.Node{Kind: op.Permute.Kind.Name, Attrs: []spec.Value{{Name: "dims", V: dims, Pos: in.LayoutPos}},
			Pos: in.LayoutPos},
		In: []*op.Layer{l}, Shape: in.LayersShape(), Pos: in.LayoutPos})
	b.net.Layouts = append(b.net.Layouts, moved)
	return moved
}

// unused returns a name, with words behind it if a layer has it already.
func (b *builder) unused(name string) string {
	for b.taken(name) {
		name += "_again"
	}
	return name
}
