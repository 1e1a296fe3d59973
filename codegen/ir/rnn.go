package ir

import (
	"fmt"
	"slices"
)

// The primitives of recurrence. They work on the last two axes, t×f; all axes before those are rows. With the
// attribute reverse, steps are taken from the last to the first, each output staying at its step; with truncate, the
// gradient of the state goes no further back than to a step whose number, in the order in which steps are taken, is a
// multiple of it. Behind the bias there may be a mask …×t: a step where it is not above ½ leaves the state, and the
// output, as they were.
var (
	// LSTMPrim also gives the gates after their functions and the cells of each step, in an order of its own.
	LSTMPrim = row(Prim{Name: "lstm", Doc: "h of a long short-term memory over the steps of x with weights w, v and bias b; also gates and cells", Args: -1,
		Attrs: recurrentAttrs, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 4, 4, 1) }})

	// GRUPrim also gives the gates after their functions and h·V of the candidate.
	GRUPrim = row(Prim{Name: "gru", Doc: "h of a gated recurrent unit, reset after the product, over the steps of x with weights w, v and biases b; also gates and h·V", Args: -1,
		Attrs: recurrentAttrs, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 3, 3, 1) }})

	// GRUBefore also gives the gates after their functions and r∘h.
	GRUBefore = row(Prim{Name: "gru_before", Doc: "h of a gated recurrent unit, reset before the product, over the steps of x with weights w, v and bias b; also gates and r∘h", Args: -1,
		Attrs: recurrentAttrs, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 3, 3, 1) }})

	GRUGrad = row(Prim{Name: "gru.grad", Doc: "dx, dw, dv, db of gru from dh, h, gates, h·V, x, w, v, b", Args: -1, Attrs: recurrentAttrs, Optional: []int{0}, Infer: recurrentGradShape})

	GRUBeforeGrad = row(Prim{Name: "gru_before.grad", Doc: "dx, dw, dv, db of gru_before from dh, h, gates, r∘h, x, w, v, b", Args: -1, Attrs: recurrentAttrs, Optional: []int{0}, Infer: recurrentGradShape})

	LSTMGrad = row(Prim{Name: "lstm.grad", Doc: "dx, dw, dv, db of lstm from dh, h, gates, cells, x, w, v, b", Args: -1, Attrs: recurrentAttrs, Optional: []int{0}, Infer: recurrentGradShape})

	SimplePrim = row(Prim{Name: "simple_rnn", Doc: "h = tanh(x·w + h·v + b) over the steps of x", Args: -1, Attrs: recurrentAttrs,
		Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 1) }})

	SimpleGrad = row(Prim{Name: "simple_rnn.grad", Doc: "dx, dw, dv, db of simple_rnn from dh, h, x, w, v, b", Args: -1, Attrs: recurrentAttrs, Optional: []int{0},
		Infer: func(n *Node) ([]Shape, error) { return gradShapes(withoutMask(n.Args[2:])), nil }})

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

var recurrentAttrs = []string{"reverse", "truncate"}

// MaskOf returns the mask among the arguments of a cell, x first; nil if there is none.
func MaskOf(args []*Value) *Value {
	if last := len(args) - 1; last > 0 && args[last].Shape.Batched() {
		return args[last]
	}
	return nil
}

// withoutMask returns the arguments of a cell that have gradients.
func withoutMask(args []*Value) []*Value {
	if MaskOf(args) != nil {
		return args[:len(args)-1]
	}
	return args
}

// recurrentShape is the shape rule of a cell with a number of gates: outputs, and further results of some
// multiples of their width.
func recurrentShape(n *Node, gates int, more ...int) ([]Shape, error) {
	args := withoutMask(n.Args)
	if len(args) < 3 || len(args) > 4 {
		return nil, fmt.Errorf("%d arguments, want 3, or 4 with a bias", len(args))
	}
	x, w, v := args[0].Shape, args[1].Shape, args[2].Shape
	if mask := MaskOf(n.Args); mask != nil && !slices.Equal(mask.Shape, x[:len(x)-1]) {
		return nil, fmt.Errorf("a mask %s of %s", mask.Shape, x)
	}
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
func recurrentGradShape(n *Node) ([]Shape, error) { return gradShapes(withoutMask(n.Args[4:])), nil }

// gradShapes returns the shapes of some arguments.
func gradShapes(args []*Value) []Shape {
	var shapes []Shape
	for _, a := range args {
		shapes = append(shapes, a.Shape)
	}
	return shapes
}

// Recurrent returns the outputs of a cell over the steps of x; bias and mask may be nil, and truncate 0.
func (b *Builder) Recurrent(cell *Prim, x, w, v, bias, mask *Value, reverse bool, truncate int) *Value {
	args := []*Value{x, w, v}
	for _, more := range []*Value{bias, mask} {
		if more != nil {
			args = append(args, more)
		}
	}
	var attrs []any
	if reverse {
		attrs = append(attrs, "reverse", true)
	}
	if truncate > 0 {
		attrs = append(attrs, "truncate", truncate)
	}
	return b.Node(cell, "", args, attrs...).Results[0]
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
			d := b.Append(&Node{Prim: grad, Args: args, Attrs: slices.Clone(n.Attrs), Layer: b.Layer, Pos: b.Pos}).Results
			return append(slices.Clone(d), make([]*Value, len(n.Args)-len(d))...)
		}
	}
	SlicePrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		x := n.Args[0].Shape
		return []*Value{b.one(PlacePrim, "", []*Value{dy[0]}, "offset", n.Int("offset"), "width", x[len(x)-1])}
	}
}
