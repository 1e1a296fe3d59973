package ir

import (
	"fmt"
	"slices"
)

// The primitives of recurrence. They work on the last two axes, t×f; all axes before those are rows. With the
// attribute reverse, steps are taken from the last to the first, each output staying at its step.
var (
	// LSTMPrim also gives the gates after their functions and the cells of each step, in an order of its own.
	LSTMPrim = row(Prim{Name: "lstm", Doc: "h of a long short-term memory over the steps of x with weights w, v and bias b; also gates and cells", Args: -1,
		Attrs: []string{"reverse"}, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 4, 4, 1) }})

	// GRUPrim also gives the gates after their functions and h·V of the candidate.
	GRUPrim = row(Prim{Name: "gru", Doc: "h of a gated recurrent unit, reset after the product, over the steps of x with weights w, v and biases b; also gates and h·V", Args: -1,
		Attrs: []string{"reverse"}, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 3, 3, 1) }})

	// GRUBefore also gives the gates after their functions and r∘h.
	GRUBefore = row(Prim{Name: "gru_before", Doc: "h of a gated recurrent unit, reset before the product, over the steps of x with weights w, v and bias b; also gates and r∘h", Args: -1,
		Attrs: []string{"reverse"}, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 3, 3, 1) }})

	GRUGrad = row(Prim{Name: "gru.grad", Doc: "dx, dw, dv, db of gru from dh, h, gates, h·V, x, w, v, b", Args: -1, Attrs: []string{"reverse"}, Optional: []int{0}, Infer: recurrentGradShape})

	GRUBeforeGrad = row(Prim{Name: "gru_before.grad", Doc: "dx, dw, dv, db of gru_before from dh, h, gates, r∘h, x, w, v, b", Args: -1, Attrs: []string{"reverse"}, Optional: []int{0}, Infer: recurrentGradShape})

	LSTMGrad = row(Prim{Name: "lstm.grad", Doc: "dx, dw, dv, db of lstm from dh, h, gates, cells, x, w, v, b", Args: -1, Attrs: []string{"reverse"}, Optional: []int{0}, Infer: recurrentGradShape})

	SimplePrim = row(Prim{Name: "simple_rnn", Doc: "h = tanh(x·w + h·v + b) over the steps of x", Args: -1, Attrs: []string{"reverse"},
		Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 1) }})

	SimpleGrad = row(Prim{Name: "simple_rnn.grad", Doc: "dx, dw, dv, db of simple_rnn from dh, h, x, w, v, b", Args: -1, Attrs: []string{"reverse"}, Optional: []int{0},
		Infer: func(n *Node) ([]Shape, error) { return gradShapes(n.Args[2:]), nil }})

	// PlacePrim is the gradient of slice.
	PlacePrim = row(Prim{Name: "place", Doc: "x in the columns [offset, …) of the last axis of width, 0 in the others", Args: 1, Attrs: []string{"offset", "width"},
		Infer: func(n *Node) ([]Shape, error) {
			x, o, w := n.Args[0].Shape, n.Int("offset"), n.Int("width")
			if o < 0 || o+x[len(x)-1] > w {
				return nil, fmt.Errorf("%s at %d of %d", x, o, w)
			}
			return lastAxis(x, w), nil
		}})
)

// recurrentShape is the shape rule of a cell with a number of gates: outputs, and further results of some
// multiples of their width.
func recurrentShape(n *Node, gates int, more ...int) ([]Shape, error) {
	if len(n.Args) < 3 || len(n.Args) > 4 {
		return nil, fmt.Errorf("%d arguments, want 3, or 4 with a bias", len(n.Args))
	}
	x, w, v := n.Args[0].Shape, n.Args[1].Shape, n.Args[2].Shape
	if len(x) < 3 || len(w) != 2 || len(v) != 2 || x[len(x)-1] != w[0] || w[1] != v[1] || v[1] != gates*v[0] {
		return nil, fmt.Errorf("a sequence %s with weights %s and %s", x, w, v)
	}
	shapes := lastAxis(x, v[0])
	for _, m := range more {
		shapes = append(shapes, lastAxis(x, m*v[0])...)
	}
	return shapes, nil
}

// recurrentGradShape is the shape rule of the gradient of a cell, which follows its own four values with the
// arguments of the cell.
func recurrentGradShape(n *Node) ([]Shape, error) { return gradShapes(n.Args[4:]), nil }

// gradShapes returns the shapes of some arguments.
func gradShapes(args []*Value) []Shape {
	var shapes []Shape
	for _, a := range args {
		shapes = append(shapes, a.Shape)
	}
	return shapes
}

// Recurrent returns the outputs of a cell over the steps of x; bias may be nil.
func (b *Builder) Recurrent(cell *Prim, x, w, v, bias *Value, reverse bool) *Value {
	args := []*Value{x, w, v}
	if bias != nil {
		args = append(args, bias)
	}
	return b.Node(cell, "", args, reversed(reverse)...).Results[0]
}

// reversed returns the attribute reverse, left out if it is false.
func reversed(reverse bool) []any {
	if reverse {
		return []any{"reverse", true}
	}
	return nil
}

// Step returns step t of a sequence, …×t×f: …×f.
func (b *Builder) Step(x *Value, t int) *Value {
	row := x.Shape.Row()
	steps, f := row[len(row)-2], row[len(row)-1]
	outer := slices.Clone(row[:len(row)-2])
	flat := b.Reshape(x, append(outer, steps*f))
	return b.one(SlicePrim, "", []*Value{flat}, "offset", t*f, "width", f)
}

func init() {
	for cell, grad := range map[*Prim]*Prim{LSTMPrim: LSTMGrad, GRUPrim: GRUGrad, GRUBefore: GRUBeforeGrad, SimplePrim: SimpleGrad} {
		cell.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
			args := slices.Concat(dy[:1], n.Results, n.Args)
			return b.Append(&Node{Prim: grad, Args: args, Attrs: slices.Clone(n.Attrs), Layer: b.Layer, Pos: b.Pos}).Results
		}
	}
	SlicePrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		x := n.Args[0].Shape
		return []*Value{b.one(PlacePrim, "", []*Value{dy[0]}, "offset", n.Int("offset"), "width", x[len(x)-1])}
	}
}
