package op

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Permute puts the axes of an example in another order.
//
//	forward   axis i of y is axis dims[i] of x
//	backward  axis dims[i] of dx is axis i of dy
//
// Shapes: x: n×any, y: as dims says, the batch staying first. Axes count from 1. No parameters.
//
// Source: Keras' Permute.
var Permute = define(Def{
	Kind: spec.Kind{Name: "permute", Doc: "The axes of an example in another order.", Short: "dims", Attrs: []spec.Attr{
		{Name: "dims", Type: spec.Ints, Required: true, Min: spec.Bound(1),
			Doc: "For each axis of the result, which axis of the input it is; they count from 1."},
	}},
	Through: true,
	Shape: func(l *Layer) (ir.Shape, error) {
		in, dims := l.InShape(0), l.Node.Ints("dims")
		var shape ir.Shape
		for i, d := range dims {
			if len(dims) != len(in) || d < 1 || d > len(in) || slices.Contains(dims[:i], d) {
				return nil, &shapeError{at: "dims", msg: fmt.Sprintf("dims %v are not an order of the %d axes of %q, n×%s", dims,
					len(in), l.In[0].Name, in),
					hint: "each axis is named once, from 1 on"}
			}
			shape = append(shape, in[d-1])
		}
		return shape, nil
	},
	Forward: func(c *Call) {
		moved(c.X[0].Shape, zeroBased(c.Layer), func(x, y int) { c.Y.Data[y] = c.X[0].Data[x] })
	},
	Backward: func(c *Call) {
		moved(c.X[0].Shape, zeroBased(c.Layer), func(x, y int) { c.DX[0].Data[x] += c.DY.Data[y] })
	},
	Lower:     func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value { return b.Transpose(x[0], zeroBased(l)) },
	Exact:     exactSums,
	Bound:     exact,
	GradBound: exactGrad,
	Cases: []Case{
		{In: []ir.Shape{{3, 4}}, Attrs: "dims: [2, 1]"},
		{In: []ir.Shape{{2, 5, 3}}, Attrs: "dims: [3, 1, 2]"},
		{In: []ir.Shape{{2, 3, 2, 2}}, Attrs: "dims: [4, 2, 1, 3]"},
		{In: []ir.Shape{{1, 6}}, Attrs: "dims: [2, 1]"},
	},
})

// ChannelsLast returns the dims that put the channels of an example, its first axis, behind the others.
func ChannelsLast(axes int) []int {
	dims := make([]int, axes)
	for i := range dims {
		dims[i] = (i+1)%axes + 1
	}
	return dims
}

// ChannelsFirst returns the dims that put the channels of an example, its last axis, before the others.
func ChannelsFirst(axes int) []int {
	dims := make([]int, axes)
	for i := range dims {
		dims[i] = (i+axes-1)%axes + 1
	}
	return dims
}

// SameInOtherLayout tells whether a permutation only says that numbers have another layout: those of an example that lie
// with the channels of its last axis first, or as its shape says.
func SameInOtherLayout(dims []int, first bool) bool {
	order := ChannelsLast
	if first {
		order = ChannelsFirst
	}
	return len(dims) > 1 && slices.Equal(dims, order(len(dims)))
}

// zeroBased returns the order of the axes, counted from 0.
func zeroBased(l *Layer) []int {
	perm := slices.Clone(l.Node.Ints("dims"))
	for i := range perm {
		perm[i]--
	}
	return perm
}

// moved calls f with the places of each number of n examples in x, whose shape is n×…, and in y, whose axis i is axis
// perm[i] of an example.
func moved(shape ir.Shape, perm []int, f func(x, y int)) {
	n, row := shape[0], shape[1:]
	at := make([]int, len(row))
	for x := range n * row.Size() {
		rest := x
		for i := len(row) - 1; i >= 0; i-- {
			at[i], rest = rest%row[i], rest/row[i]
		}
		y := rest
		for _, p := range perm {
			y = y*row[p] + at[p]
		}
		f(x, y)
	}
}
