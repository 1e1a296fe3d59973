package ir

import (
	"fmt"
	"slices"
)

// The primitives that reduce the steps of a sequence x, …×t×c, that a mask, …×t, keeps: those where it is above ½.
// Where it keeps none, the result is 0. The mask has no gradient.
var (
	MaskedMax = row(Prim{Name: "masked.max", Stream: StreamNever,
		Doc: "y[c] = the largest x[t,c] over the steps that the mask keeps", Args: 2, Infer: maskedShape})

	MaskedMaxGrad = row(Prim{Name: "masked.max.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx of masked.max from dy, x, mask: all goes to the first that is largest", Args: 3, Infer: like(1)})

	MaskedAverage = row(Prim{Name: "masked.average", Stream: StreamNever,
		Doc: "y[c] = the mean of x[t,c] over the steps that the mask keeps", Args: 2, Infer: maskedShape})

	MaskedAverageGrad = row(Prim{Name: "masked.average.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx of masked.average from dy, mask", Args: 2,
		Infer: func(n *Node) ([]Shape, error) {
			dy, mask := n.Args[0].Shape, n.Args[1].Shape
			if len(dy) != len(mask) {
				return nil, fmt.Errorf("gradient %s, mask %s", dy, mask)
			}
			return []Shape{append(slices.Clone(mask), dy[len(dy)-1])}, nil
		}})
)

func maskedShape(n *Node) ([]Shape, error) {
	x, mask := n.Args[0].Shape, n.Args[1].Shape
	last := len(x) - 1
	if last < 2 || !slices.Equal(x[:last], mask) {
		return nil, fmt.Errorf("a mask %s for %s", mask, x)
	}
	return []Shape{append(slices.Clone(x[:last-1]), x[last])}, nil
}

func init() {
	MaskedMax.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(MaskedMaxGrad, "", []*Value{dy[0], n.Args[0], n.Args[1]}), nil}
	}
	MaskedAverage.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(MaskedAverageGrad, "", []*Value{dy[0], n.Args[1]}), nil}
	}
}
