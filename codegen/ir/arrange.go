package ir

import (
	"fmt"
	"slices"
)

// TransposePrim moves numbers: axis i of an example of the result is axis perm[i] of x's, counted from 0 behind the
// batch. The attribute perm is written as a shape, such as 2×0×1.
var TransposePrim = row(Prim{Name: "transpose", Stream: StreamNever,
	Doc: "x with the axes of an example in another order", Args: 1, Attrs: []string{"perm shape"},
	Infer: func(n *Node) ([]Shape, error) {
		x, perm := n.Args[0].Shape, permutation(n)
		if !x.Batched() || len(perm) != len(x)-1 {
			return nil, fmt.Errorf("the order %s of the axes of %s", n.Text("perm"), x)
		}
		y := Shape{N}
		for i := range perm {
			if !slices.Contains(perm, i) {
				return nil, fmt.Errorf("the order %s leaves out axis %d", n.Text("perm"), i)
			}
			y = append(y, x[perm[i]+1])
		}
		return []Shape{y}, nil
	}})

// permutation returns the attribute perm of a transposition.
func permutation(n *Node) []int {
	p, err := parseShape(n.Text("perm"))
	if err != nil {
		return nil
	}
	return p
}

// Transpose returns x with its axes behind the batch in another order: axis i of the result is axis perm[i] of x,
// counted from 0. Where no number moves, the result is x under another shape.
func (b *Builder) Transpose(x *Value, perm []int) *Value {
	row := x.Shape.Row()
	var longer []int // the axes of more than one element, in their new order
	shape := make(Shape, len(perm))
	for i, p := range perm {
		shape[i] = row[p]
		if row[p] > 1 {
			longer = append(longer, p)
		}
	}
	if slices.IsSorted(longer) {
		return b.Reshape(x, shape)
	}
	return b.one(TransposePrim, "", []*Value{x}, "perm", Shape(perm).String())
}

// Strided is how a transposition walks over an example: the extents of the result's axes, and how far apart in x the
// elements along each lie. Axes that lie together in both are one.
type Strided struct{ Extents, Strides []int }

// Walk returns how a transposition walks over an example.
func Walk(n *Node) Strided {
	row, perm := n.Args[0].Shape.Row(), permutation(n)
	strides := make([]int, len(row))
	at := 1
	for i := len(row) - 1; i >= 0; i-- {
		strides[i] = at
		at *= row[i]
	}
	var w Strided
	for _, p := range perm {
		if row[p] == 1 {
			continue
		}
		if k := len(w.Extents) - 1; k >= 0 && w.Strides[k] == strides[p]*row[p] {
			w.Extents[k] *= row[p]
			w.Strides[k] = strides[p]
			continue
		}
		w.Extents, w.Strides = append(w.Extents, row[p]), append(w.Strides, strides[p])
	}
	return w
}

func init() {
	TransposePrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		back := make([]int, len(permutation(n)))
		for i, p := range permutation(n) {
			back[p] = i
		}
		return []*Value{b.Transpose(dy[0], back)}
	}
}
