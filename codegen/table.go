package codegen

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// Table returns the architecture table: one row for each layer, with its own trained and frozen parameters
// (shared ones count where they are first used) and the multiply-adds of one example.
func Table(network *net.Net) []emit.Row {
	seen := map[*ir.Param]bool{}
	var rows []emit.Row
	for _, l := range network.Layers {
		if len(l.In) == 0 {
			continue
		}
		r := emit.Row{Layer: l.Name, Kind: l.Def.Kind.Name, Output: l.Shape.String()}
		r.Input = shapes(l.In)
		r.MACs = l.MACs()
		for _, p := range l.Params {
			if (p.Role == ir.Trained || p.Role == ir.Frozen) && !seen[p] {
				r.Params += int64(p.Size())
			}
			seen[p] = true
		}
		rows = append(rows, r)
	}
	return rows
}

// shapes lists the shapes of inputs: of more than some the first alone, since a column of the table is as wide in each row
// as in the longest.
func shapes(in []*op.Layer) string {
	const most, first = 6, 3
	listed := in
	if len(in) > most {
		listed = in[:first]
	}
	words := make([]string, len(listed))
	for i, l := range listed {
		words[i] = l.Shape.String()
	}
	text := strings.Join(words, ", ")
	if more := len(in) - len(listed); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
