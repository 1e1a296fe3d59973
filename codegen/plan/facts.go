package plan

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// What a printer says of a network besides its calls follows from primitives, which it does not know.

// Tokens returns the number of rows of the table in which the tokens of an input are looked up, the least of several; 0
// for an input of other numbers.
func (p *Plan) Tokens(input string) (rows int) {
	for _, n := range p.One.Graph.Nodes {
		if n.Prim != ir.LookupPrim && n.Prim != ir.QuantRows {
			continue
		}
		from := root(n.Args[0])
		if from.Def.Prim == ir.InputPrim && from.Def.Text("name") == input && (rows == 0 || n.Args[1].Shape[0] < rows) {
			rows = n.Args[1].Shape[0]
		}
	}
	return rows
}

// LooksUp tells whether the function reads tables.
func (f *Func) LooksUp() bool {
	return slices.ContainsFunc(f.Graph.Nodes, func(n *ir.Node) bool { return n.Prim == ir.LookupPrim })
}

// Draws tells whether the function draws random numbers.
func (f *Func) Draws() bool {
	return slices.ContainsFunc(f.Graph.Nodes, func(n *ir.Node) bool { return n.Attr("stream") != nil })
}

// NormsBatch tells whether the function normalises by statistics of the batch.
func (f *Func) NormsBatch() bool {
	return slices.ContainsFunc(f.Graph.Nodes, func(n *ir.Node) bool { return n.Prim == ir.BatchNormTrain })
}

// Rounds tells whether the function rounds numbers in ranges that it moves.
func (f *Func) Rounds() bool {
	return slices.ContainsFunc(f.Graph.Nodes, func(n *ir.Node) bool { return n.Prim == ir.FakeQuantTrain })
}

// Moved returns the running statistics that the function moves: of norms, and of the ranges of rounded numbers.
func (f *Func) Moved() (all []*ir.Param) {
	for _, n := range f.Graph.Nodes {
		switch n.Prim {
		case ir.BatchNormTrain:
			all = append(all, n.Args[3].Def.Param, n.Args[4].Def.Param)
		case ir.FakeQuantTrain:
			all = append(all, n.Args[1].Def.Param)
		}
	}
	return all
}

// Running is a running statistic of norms over the batch, and the share of the batch in its value after the norms of
// one pass.
type Running struct {
	Param *ir.Param
	Share float64
}

// Running returns the running statistics of norms over the batch.
func (f *Func) Running() (all []Running) {
	for _, n := range f.Graph.Nodes {
		if n.Prim != ir.BatchNormTrain || n.Float("momentum") == 0 {
			continue
		}
		for _, v := range n.Args[3:] {
			param := v.Def.Param
			if i := slices.IndexFunc(all, func(r Running) bool { return r.Param == param }); i >= 0 {
				all[i].Share = 1 - (1-all[i].Share)*(1-n.Float("momentum"))
				continue
			}
			all = append(all, Running{param, n.Float("momentum")})
		}
	}
	return all
}

// Folded tells whether the function reads weights that a norm was folded into.
func (f *Func) Folded() bool {
	return slices.ContainsFunc(f.Graph.Params, func(p *ir.Param) bool { return p.Role == ir.Folded })
}

// StoredValue is a value of a function, and where it is stored.
type StoredValue struct {
	Value *ir.Value
	Span  Span
}

// Values returns the values of the function that are stored in slots, or as gradients.
func (f *Func) Values() (all []StoredValue) {
	for _, n := range f.Graph.Nodes {
		for _, v := range n.Results {
			if s, ok := f.Stored(v); ok && (s.Mem == Slot || s.Mem == Gradient) {
				all = append(all, StoredValue{v, s})
			}
		}
	}
	return all
}
