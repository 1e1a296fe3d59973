package plantest

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// table is an embedding that others may share.
type table struct {
	name        string
	rows, width int
}

// tokens writes an input of tokens.
func (n *network) tokens() (name string, steps int) {
	steps = 1 + n.IntN(6)
	fmt.Fprintf(&n.b, "  - {name: ids, shape: [%d]}\n", steps)
	return "ids", steps
}

// embedding appends a layer that reads tokens.
func (n *network) embedding(input string, steps int) {
	t := table{rows: 2 + n.IntN(12), width: 1 + n.IntN(9)}
	attrs := fmt.Sprintf("input_dim: %d, output_dim: %d", t.rows, t.width)
	if n.IntN(3) == 0 {
		attrs += fmt.Sprintf(", padding_idx: %d", n.IntN(t.rows))
	}
	t.name = n.write("embedding", node{name: input}, attrs, ir.Shape{steps, t.width}).name
	n.tables = append(n.tables, t)
	if n.IntN(2) == 0 {
		n.write("padding_mask", node{name: input}, fmt.Sprintf("input_dim: %d", t.rows), ir.Shape{steps})
	}
}

// tied appends a dense layer with a row of weights for each unit, shared with an embedding if one fits.
func (n *network) tied(from node) bool {
	if len(from.shape) > 2 {
		return false
	}
	in := from.shape[len(from.shape)-1]
	kind, units, attrs := "tied_dense", 1+n.IntN(20), ""
	for _, t := range n.tables {
		if t.width == in {
			kind, units, attrs = pick(n.Rand, "tied_dense", "dense"), t.rows, ", share: "+t.name
		}
	}
	shape := ir.Shape{units}
	if len(from.shape) == 2 {
		shape = ir.Shape{from.shape[0], units}
	}
	n.write(kind, from, fmt.Sprintf("units: %d, use_bias: %t%s", units, n.IntN(3) > 0, attrs), shape)
	return true
}
