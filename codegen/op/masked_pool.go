package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// defineMaskable adds a kind that reduces all steps of a sequence, or those that a mask behind it keeps: the steps
// where that is above ½. The result is 0 where it keeps none. A mask has no gradient.
func defineMaskable(d Def, r reduction) *Def {
	d.Most = 2
	all := definePool(d, 2, true, r, whole)
	plain := *all
	all.Shape = func(l *Layer) (ir.Shape, error) {
		if s := l.InShape(0); len(l.In) > 1 && (maskOf(l) < 0 || len(s) != 2 || l.InShape(1)[0] != s[0]) {
			return nil, &shapeError{at: "from", msg: fmt.Sprintf("it reads %s: want a sequence n×t×c, then perhaps its mask n×t",
				shapesOf(l.In))}
		}
		return plain.Shape(l)
	}
	all.Forward = func(c *Call) {
		if len(c.X) == 1 {
			plain.Forward(c)
			return
		}
		c.kept(func(in []int, out int) {
			c.Y.Data[out] = 0
			if len(in) > 0 {
				c.Y.Data[out] = r.forward(c.X[0].Data, in)
			}
		})
	}
	all.Backward = func(c *Call) {
		if len(c.X) == 1 {
			plain.Backward(c)
			return
		}
		c.kept(func(in []int, out int) {
			if len(in) > 0 {
				r.backward(c.DX[0].Data, c.X[0].Data, in, c.DY.Data[out])
			}
		})
	}
	all.Lower = func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if len(x) == 1 {
			return plain.Lower(b, l, x)
		}
		return b.Node(r.masked, "", x).Results[0]
	}
	all.Exact = func(c *Call) bool {
		if len(c.X) == 1 {
			return plain.Exact(c)
		}
		return r.terms(&pooling{size: [2]int{1, c.X[0].Shape[1]}}) == 0 && exactSums(c)
	}
	all.Bound = func(c *Call) []float64 {
		if len(c.X) == 1 {
			return plain.Bound(c)
		}
		a := absolute(c)
		a.X[1] = c.X[1]
		all.Forward(a)
		if r.terms(&pooling{size: [2]int{1, c.X[0].Shape[1]}}) == 0 {
			return exact(c)
		}
		return times(gamma(c.X[0].Shape[1]+1), a.Y.Data)
	}
	all.GradBound = func(c *Call) (dx, dp [][]float64) {
		if len(c.X) == 1 {
			return plain.GradBound(c)
		}
		a := absolute(c)
		a.X = c.X
		all.Backward(a)
		return [][]float64{times(gamma(2), a.DX[0].Data), make([]float64, len(c.X[1].Data))}, nil
	}
	return all
}

// kept calls f for each example and channel with the places of the numbers that the mask keeps, and that of the result.
func (c *Call) kept(f func(in []int, out int)) {
	steps, ch := c.X[0].Shape[1], c.X[0].Shape[2]
	for out := range c.N * ch {
		var in []int
		for t := range steps {
			if c.X[1].Data[out/ch*steps+t] > 0.5 {
				in = append(in, (out/ch*steps+t)*ch+out%ch)
			}
		}
		f(in, out)
	}
}
