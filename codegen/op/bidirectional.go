package op

import (
	"github.com/nngen/nngen/spec"
)

// BidirectionalKind is a shorthand: a recurrent layer, one of the same kind that reads the steps the other way round,
// and a layer that joins their outputs. With `name: n`, those are n.forward, n.backward and n.
//
// Source: Schuster and Paliwal, Bidirectional recurrent neural networks, 1997.
var BidirectionalKind = spec.Kind{Name: "bidirectional",
	Doc: "A recurrent layer in both directions of time, and their outputs joined.", Short: "layer", Attrs: []spec.Attr{
		{Name: "layer", Type: spec.Nodes, Family: spec.RecurrentFamily, Required: true,
			Doc: "The recurrent layer, such as {lstm: {units: 8}}; the other one has the same attributes, and weights " +
				"of its own."},
		{Name: "merge_mode", Type: spec.Enum, Enum: []string{"concat", "sum", "mul", "ave"}, Default: "concat",
			Doc: "Whether the outputs lie side by side, or are added, multiplied or averaged."},
	}}

// recurrent are the kinds that bidirectional takes.
func recurrent() []*Def { return []*Def{LSTM, GRU, SimpleRNN} }
