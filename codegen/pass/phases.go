package pass

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// phases makes a graph ready for several workers.
var phases = Pass{
	Name: "phases",
	Doc: "orders nodes by the phases in which workers share them out; behind all rewrites, and before values are " +
		"placed, since what lives when follows from the order",
	Run: func(g *ir.Graph, o *Options) {
		if !o.Workers {
			return
		}
		divide(g)
		at := g.Phases()
		nodes := slices.Clone(g.Nodes)
		slices.SortStableFunc(nodes, func(a, b *ir.Node) int { return at[a] - at[b] })
		g.SetNodes(nodes)
	},
}

// divide makes two nodes of each that computes something for each example and sums over them, where both are wanted: so
// that workers share out the examples, and then the sums.
func divide(g *ir.Graph) {
	wanted := g.Wanted()
	var nodes []*ir.Node
	for _, n := range g.Nodes {
		nodes = append(nodes, n)
		rows, sums := false, false
		for _, r := range n.Results {
			rows = rows || wanted[r] && r.Shape.Batched()
			sums = sums || wanted[r] && !r.Shape.Batched()
		}
		switch {
		case n.Prim.Cell != nil && n.Prim.Cell.Grad: // what its cell made belongs to the sequences that a worker has
			if d := ir.Apart(n); sums {
				nodes = append(nodes, d)
			}
		case !rows || !sums:
		case n.Prim == ir.BatchNormTrain:
			nodes = append(nodes, batchNormApply(n))
		case n.Prim == ir.BatchNormGrad:
			nodes = append(nodes[:len(nodes)-1], batchNormGrad(n)...)
		case n.Prim == ir.LossPrim:
			nodes = slices.Insert(nodes, len(nodes)-1, lossGrad(n))
		case n.Prim.Parts:
			nodes = append(nodes, sumsOf(n))
		}
	}
	g.SetNodes(nodes)
}

// lossGrad returns a node for the gradient that a loss gives, and takes it from that.
func lossGrad(n *ir.Node) *ir.Node {
	d := &ir.Node{Prim: ir.LossGrad, F: n.F, Args: slices.Clone(n.Args), Attrs: n.Attrs, Layer: n.Layer, Pos: n.Pos}
	give(d, take(n, 1))
	return d
}

// batchNormApply returns a node for y of a norm over the batch, and takes it from that, which has the statistics left.
func batchNormApply(n *ir.Node) *ir.Node {
	d := &ir.Node{Prim: ir.BatchNormApply, Args: append(slices.Clone(n.Args[:3]), n.Results[1:]...), Layer: n.Layer,
		Pos: n.Pos}
	give(d, take(n, 0))
	return d
}

// batchNormGrad returns the nodes of the sums and of dx in place of the gradient of a norm over the batch.
func batchNormGrad(n *ir.Node) []*ir.Node {
	dy, x, gamma, mean, rstd := n.Args[0], n.Args[1], n.Args[2], n.Args[3], n.Args[4]
	sums := &ir.Node{Prim: ir.BatchNormSums, Args: []*ir.Value{dy, x, mean, rstd}, Layer: n.Layer, Pos: n.Pos}
	give(sums, take(n, 1), take(n, 2), &ir.Value{Shape: mean.Shape}, &ir.Value{Shape: mean.Shape})
	dx := &ir.Node{Prim: ir.BatchNormDX, Layer: n.Layer, Pos: n.Pos,
		Args: []*ir.Value{dy, x, gamma, mean, rstd, sums.Results[2], sums.Results[3]}}
	give(dx, take(n, 0))
	return []*ir.Node{sums, dx}
}

// give makes values the results of a node.
func give(n *ir.Node, results ...*ir.Value) {
	n.Results = results
	for i, r := range results {
		r.Def, r.Index = n, i
	}
}

// sumsOf returns a node for those results of another that sum over examples, and takes them from that.
func sumsOf(n *ir.Node) *ir.Node {
	d := &ir.Node{Prim: n.Prim, F: n.F, Args: slices.Clone(n.Args), Attrs: n.Attrs, Param: n.Param,
		Layer: n.Layer, Pos: n.Pos}
	for i, r := range n.Results {
		if r.Shape.Batched() {
			r = &ir.Value{Shape: r.Shape, Index: i}
		} else {
			r = take(n, i)
		}
		r.Def = d
		d.Results = append(d.Results, r)
	}
	return d
}

// take takes a result from a node, which has another in its place that nothing reads.
func take(n *ir.Node, i int) *ir.Value {
	r := n.Results[i]
	n.Results[i] = &ir.Value{Shape: r.Shape, Def: n, Index: i}
	return r
}
