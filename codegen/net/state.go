package net

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// states makes the layers of the state of a recurrent layer.
func (b *builder) states(w *spec.Layer, l *op.Layer) {
	for _, part := range op.StateParts(w.Kind) {
		name := w.Name + "." + part
		s := &op.Layer{Name: name, Source: name, StateOf: l, Shape: ir.Shape{w.Node.Int("units")}, Pos: l.Pos}
		switch {
		case part == "c":
			s.Def, s.Node, s.In, s.Params = op.CellState, op.WithAttr(l.Node, "return_sequences", false), l.In, l.Params
		case l.Node.Bool("return_sequences"):
			s.Def, s.In = op.OutputState, []*op.Layer{l}
		default: // the output is the state
			b.done[name] = l
			continue
		}
		b.done[name] = b.add(s)
	}
}

// stateless checks that the layer within another neither takes nor gives a state.
func (b *builder) stateless(w *spec.Layer) bool {
	inner, _ := w.Node.Node("layer")
	for _, attr := range []string{"initial_state", "return_state"} {
		if v := inner.Lookup(attr); v != nil && v.Written && (attr == "initial_state" || inner.Bool(attr)) {
			b.errs.Add("arity", v.Pos, subject(w),
				"write the recurrent layer as one of its own; go_backwards: true makes it read the other way round",
				"a layer in a %s can have no %s", w.Kind, attr)
			return false
		}
	}
	return true
}
