package pass

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// maskPooled takes the derivative of an activation before that of the pooling behind it, on the smaller array. What
// pool.max.grad gives an element goes to the largest of its window, where x = y, so that a derivative that is 1 or 0 by
// x is so by y: each dx has the bits of before, since a −0 or 0 that pool.max.grad adds gives +0.
var maskPooled = Pass{
	Name: "mask-pooled",
	Doc: "f′ that is 1 or 0, after the gradient of a pool of f(x), moves before it, and before a reshape there; " +
		"before fuse-grad, which may then take it into a gemm",
	Run: func(g *ir.Graph, o *Options) {
		if o.Plain {
			return
		}
		at := map[*ir.Node]int{}
		for i, n := range g.Nodes {
			at[n] = i
		}
		change := func(a, b *ir.Node) {
			at[a], at[b] = at[b], at[a]
			g.Nodes[at[a]], g.Nodes[at[b]] = a, b
		}
		for _, mask := range slices.Clone(g.Nodes) {
			if mask.Prim != ir.GradPrim || !ir.Function(mask.F).Mask {
				continue
			}
			pool := mask.Args[0].Def
			if pool.Prim != ir.MaxPoolGrad || pool.Args[1] != mask.Args[1] || !only(g, mask.Args[0]) {
				continue
			}
			change(mask, pool)
			maskBefore(g, mask, pool, pool.Args[2])
			reshape := mask.Args[0].Def
			if y := flat(g, reshape, mask.Args[1]); y != nil {
				change(mask, reshape)
				maskBefore(g, mask, reshape, y)
			}
		}
	},
}

// maskBefore turns mask(n(d, …), x) into n(mask(d, y), …).
func maskBefore(g *ir.Graph, mask, n *ir.Node, y *ir.Value) {
	masked, dx := mask.Results[0], n.Results[0]
	g.Replace(masked, dx)
	dx.Label, dx.Gradient = masked.Label, masked.Gradient
	masked.Label, masked.Gradient, masked.Shape = "", false, y.Shape
	mask.Args, n.Args[0] = []*ir.Value{n.Args[0], y}, masked
	g.SetNodes(g.Nodes)
}

// only tells whether one node reads v, and nothing outside the graph does.
func only(g *ir.Graph, v *ir.Value) bool {
	return len(g.Users()[v]) == 1 && !slices.Contains(g.Results(), v)
}

// flat returns y in the shape that an array d has before a node that reshapes it, if a mask is all that reads what that
// makes, and the forward pass reshaped y too; else nil.
func flat(g *ir.Graph, reshape *ir.Node, y *ir.Value) *ir.Value {
	if reshape.Prim != ir.ReshapePrim || !only(g, reshape.Results[0]) {
		return nil
	}
	for _, n := range g.Users()[y] {
		if n.Prim == ir.ReshapePrim && slices.Equal(n.Results[0].Shape, reshape.Args[0].Shape) {
			return n.Results[0]
		}
	}
	return nil
}
