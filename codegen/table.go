package codegen

import (
	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
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
		for i, in := range l.In {
			if i > 0 {
				r.Input += ", "
			}
			r.Input += in.Shape.String()
		}
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
