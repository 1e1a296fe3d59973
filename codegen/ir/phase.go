package ir

import "slices"

// Wanted returns the values that some node reads, and those that must survive the graph.
func (g *Graph) Wanted() map[*Value]bool {
	wanted := map[*Value]bool{}
	for _, v := range g.Results() {
		wanted[v] = true
	}
	for v := range g.Users() {
		wanted[v] = true
	}
	return wanted
}

// apart tells whether each example of the results of a node follows from the same example of its arguments, and from
// what belongs to no example: so workers may share the examples out. Results that are left out do not count.
func (n *Node) apart(wanted map[*Value]bool) bool {
	if n.Prim.AcrossRows {
		return false
	}
	for i, r := range n.Results {
		if !r.Shape.Batched() && (wanted[r] || !n.MayLack(i)) {
			return false
		}
	}
	return true
}

// MayLack tells whether the node may do without memory for a result that nothing reads.
func (n *Node) MayLack(i int) bool {
	weights := n.Prim.Cell != nil && n.Bool("deltas") && !n.Results[i].Shape.Batched()
	return weights || slices.Contains(n.Prim.Optional, i)
}

// memory tells whether a node only names memory.
func (n *Node) memory() bool { return n.Prim.Place != Unplaced || n.Prim.View }

// Phases returns the phase of each node: the first, after those of the nodes that it reads, in which workers may share
// it out. In even phases they share examples out, each working its own off through all nodes; in odd phases what sums
// over examples, or belongs to none, so that no node of an odd phase reads what another of the same phase makes.
// Between phases, and only there, each worker waits for all others.
func (g *Graph) Phases() map[*Node]int {
	phases, wanted := make(map[*Node]int, len(g.Nodes)), g.Wanted()
	for _, n := range g.Nodes {
		apart, at := n.apart(wanted), 0
		for _, a := range n.Args {
			before := phases[a.Def]
			odd := before%2 == 1
			switch {
			case n.memory():
			case apart && odd, !apart && !odd:
				before++
			case !apart:
				before += 2
			}
			at = max(at, before)
		}
		if !apart && !n.memory() && at == 0 {
			at = 1
		}
		phases[n] = at
	}
	return phases
}
