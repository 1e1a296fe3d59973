package pass

import "github.com/nngen/nngen/codegen/ir"

// eliminate removes nodes whose results nothing needs.
var eliminate = Pass{
	Name: "eliminate",
	Doc:  "removes nodes that nothing needs; before fusion, which asks who reads a value",
	Run: func(g *ir.Graph, _ *Options) {
		live := map[*ir.Value]bool{}
		for _, v := range g.Results() {
			live[v] = true
		}
		keep := map[*ir.Node]bool{}
		for i := len(g.Nodes) - 1; i >= 0; i-- {
			n := g.Nodes[i]
			keep[n] = n.Prim.Effect || n.Param != nil && n.Param.Role == ir.Carried ||
				n.Prim == ir.InputPrim || n.Prim == ir.InputInt8Prim || n.Prim == ir.TargetPrim ||
				n.Prim == ir.SampleWeightPrim
			for _, r := range n.Results {
				keep[n] = keep[n] || live[r]
			}
			if keep[n] {
				for _, a := range n.Args {
					live[a] = true
				}
			}
		}
		g.Remove(func(n *ir.Node) bool { return !keep[n] })
	},
}
