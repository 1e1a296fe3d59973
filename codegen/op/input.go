package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Input is the kind of the layers that stand for the inputs of a network. A spec declares inputs
// under `input:`, so the kind is not in the table.
var Input = &Def{
	Kind:  spec.Kind{Name: "input", Doc: "An input of the network."},
	Shape: func(l *Layer) (ir.Shape, error) { return l.Shape, nil },
	Lower: func(b *ir.Builder, l *Layer, _ []*ir.Value) *ir.Value { return b.Input(l.Name, l.Shape) },
}
