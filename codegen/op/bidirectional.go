package op

import (
	"github.com/nngen/nngen/spec"
)

// bidirectionalKind is a shorthand: a recurrent layer, one of the same kind that reads the steps the other way round, and
// a layer that joins their outputs. With `name: n`, those are n.forward, n.backward and n.
//
// Source: Schuster and Paliwal, Bidirectional recurrent neural networks, 1997.
var bidirectionalKind = spec.Kind{Name: "bidirectional", Doc: "A recurrent layer in both directions of time, and their outputs joined.", Short: "layer", Attrs: []spec.Attr{
	{Name: "layer", Type: spec.Nodes, Family: spec.RecurrentFamily, Required: true, Doc: "The recurrent layer, such as {lstm: {units: 8}}; the other one has the same attributes, and weights of its own."},
	{Name: "merge_mode", Type: spec.Enum, Enum: []string{"concat", "sum", "mul", "ave"}, Default: "concat", Doc: "Whether the outputs lie side by side, or are added, multiplied or averaged."},
}}

// recurrent are the kinds that bidirectional takes.
func recurrent() []*Def { return []*Def{LSTM, GRU, SimpleRNN} }

// bidirectional writes out the shorthand.
func (b *builder) bidirectional(w *spec.Layer, in []*Layer) *Layer {
	if !b.stateless(w) {
		return nil
	}
	inner, _ := w.Node.Node("layer")
	if w.Share != nil {
		if from := &b.net.Spec.Layers[b.index[w.Share.Name]]; from.Kind != w.Kind {
			b.errs.Add("share-kind", w.Share.Pos, subject(w), "share a bidirectional layer, or write the recurrent layer without bidirectional",
				"a %s cannot share the parameters of %q, a %s: it has those of two directions", w.Kind, w.Share.Name, from.Kind)
			return nil
		}
		if b.failed[w.Share.Name] {
			return nil // its own error says why
		}
	}
	var both []*Layer
	for _, d := range []struct {
		suffix    string
		backwards bool
	}{{".forward", false}, {".backward", true}} {
		node := withAttr(inner, "go_backwards", inner.Bool("go_backwards") != d.backwards)
		one := &spec.Layer{Node: node, Name: w.Name + d.suffix, From: w.From}
		if w.Share != nil {
			one.Share = &spec.Ref{Name: w.Share.Name + d.suffix, Pos: w.Share.Pos}
		}
		l := b.one(one, one.Name, kindByName(inner.Kind), node, in)
		if l == nil {
			return nil
		}
		both = append(both, l)
	}
	joined := map[string]*Def{"concat": Concatenate, "sum": Add, "mul": Multiply, "ave": Average}[w.Node.Word("merge_mode")]
	return b.one(&spec.Layer{Node: spec.Node{Kind: joined.Kind.Name, Pos: w.Pos}, Name: w.Name}, w.Name, joined, spec.Node{Kind: joined.Kind.Name, Pos: w.Pos}, both)
}
