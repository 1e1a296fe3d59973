package op

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// ZeroPadding2D puts rows and columns of zeros around an image.
//
//	forward   y  = x, 0 in the border
//	backward  dx = dy without the border
//
// Shapes: x: n×h×w×c, y: n×(top + h + bottom)×(left + w + right)×c. No parameters.
var ZeroPadding2D = defineBorder(Def{
	Kind: spec.Kind{Name: "zero_padding2d", Doc: "Rows and columns of zeros around an image.",
		Short: "padding", Attrs: []spec.Attr{
			{Name: "padding", Type: spec.Pairs, Len: 2, Required: true, Min: spec.Bound(0),
				Doc: "[[top, bottom], [left, right]]."}}},
	Through: true,
	Cases: []Case{{In: []ir.Shape{{2, 3, 2}}, Attrs: "padding: [[1, 2], [0, 3]]"},
		{In: []ir.Shape{{1, 2, 1}}, Attrs: "padding: [[0, 0], [0, 0]]"}},
}, 3, "padding", ir.PadPrim)

// ZeroPadding1D puts steps of zeros around a sequence: zero_padding2d with height 1.
//
// Shapes: x: n×t×c, y: n×(before + t + after)×c.
var ZeroPadding1D = defineBorder(Def{
	Kind: spec.Kind{Name: "zero_padding1d", Doc: "Steps of zeros around a sequence.", Short: "padding", Attrs: []spec.Attr{
		{Name: "padding", Type: spec.Ints, Len: 2, Repeat: true, Required: true, Min: spec.Bound(0),
			Doc: "[before, after], or one number for both."}}},
	Through: true,
	Cases:   []Case{{In: []ir.Shape{{3, 2}}, Attrs: "padding: [1, 2]"}, {In: []ir.Shape{{2, 1}}, Attrs: "padding: 1"}},
}, 2, "padding", ir.PadPrim)

// Cropping2D takes rows and columns off an image.
//
//	forward   y  = x without the border
//	backward  dx = dy, 0 in the border
//
// Shapes: x: n×h×w×c, y: n×(h − top − bottom)×(w − left − right)×c. No parameters.
var Cropping2D = defineBorder(Def{
	Kind: spec.Kind{Name: "cropping2d", Doc: "An image without some rows and columns of its border.",
		Short: "cropping", Attrs: []spec.Attr{
			{Name: "cropping", Type: spec.Pairs, Len: 2, Required: true, Min: spec.Bound(0),
				Doc: "[[top, bottom], [left, right]]."}}},
	Through: true,
	Cases: []Case{{In: []ir.Shape{{5, 4, 2}}, Attrs: "cropping: [[1, 2], [0, 1]]"},
		{In: []ir.Shape{{2, 2, 1}}, Attrs: "cropping: [[0, 0], [1, 0]]"}},
}, 3, "cropping", ir.CropPrim)

// Cropping1D takes steps off a sequence: cropping2d with height 1.
//
// Shapes: x: n×t×c, y: n×(t − before − after)×c.
var Cropping1D = defineBorder(Def{
	Kind: spec.Kind{Name: "cropping1d", Doc: "A sequence without some steps of its ends.",
		Short: "cropping", Attrs: []spec.Attr{
			{Name: "cropping", Type: spec.Ints, Len: 2, Repeat: true, Required: true, Min: spec.Bound(0),
				Doc: "[before, after], or one number for both."}}},
	Through: true,
	Cases:   []Case{{In: []ir.Shape{{6, 2}}, Attrs: "cropping: [1, 3]"}, {In: []ir.Shape{{3, 1}}, Attrs: "cropping: 1"}},
}, 2, "cropping", ir.CropPrim)

// bordered holds the extents of the smaller image, h×w×c, and of the larger, and how much of the border is
// above and to the left.
type bordered struct {
	inner, outer ir.Shape
	before       [2]int
}

// defineBorder adds a kind that puts a border around an image, or takes it off.
func defineBorder(d Def, rank int, attr string, prim *ir.Prim) *Def {
	settle := func(l *Layer) (*bordered, error) {
		x, err := imageOf(l, rank)
		if err != nil {
			return nil, err
		}
		b := &bordered{inner: ir.Shape{x[0], x[1], x[2]}, outer: ir.Shape{x[0], x[1], x[2]}}
		for a := 3 - rank; a < 2; a++ {
			var border [2]int
			if rank == 2 {
				border = [2]int(l.Node.Ints(attr))
			} else {
				border = l.Node.Pairs(attr)[a]
			}
			b.before[a] = border[0]
			if prim == ir.PadPrim {
				b.outer[a] += border[0] + border[1]
				continue
			}
			if b.inner[a] -= border[0] + border[1]; b.inner[a] <= 0 {
				return nil, &shapeError{at: attr, msg: fmt.Sprintf("%d and %d of the %d %s of the input, n×%s from %q, leave none",
					border[0], border[1], x[a], axisNames(rank)[a], l.InShape(0), l.In[0].Name)}
			}
		}
		return b, nil
	}
	must := func(l *Layer) *bordered {
		b, err := settle(l)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		return b
	}
	result := func(b *bordered) ir.Shape {
		if prim == ir.PadPrim {
			return b.outer
		}
		return b.inner
	}
	// each calls f with the places of each element of n inner images, and of it in the outer ones.
	each := func(b *bordered, n int, f func(inner, outer int)) {
		for at := range n * b.inner.Size() {
			c, x, y := at%b.inner[2], at/b.inner[2]%b.inner[1], at/b.inner[2]/b.inner[1]%b.inner[0]
			i := at / b.inner.Size()
			f(at, ((i*b.outer[0]+y+b.before[0])*b.outer[1]+x+b.before[1])*b.inner[2]+c)
		}
	}
	d.Shape = func(l *Layer) (ir.Shape, error) {
		b, err := settle(l)
		if err != nil {
			return nil, err
		}
		return outer(result(b), rank), nil
	}
	d.Forward = func(c *Call) {
		clear(c.Y.Data)
		each(must(c.Layer), c.N, func(inner, outer int) {
			if prim == ir.PadPrim {
				c.Y.Data[outer] = c.X[0].Data[inner]
			} else {
				c.Y.Data[inner] = c.X[0].Data[outer]
			}
		})
	}
	d.Backward = func(c *Call) {
		each(must(c.Layer), c.N, func(inner, outer int) {
			if prim == ir.PadPrim {
				c.DX[0].Data[inner] += c.DY.Data[outer]
			} else {
				c.DX[0].Data[outer] += c.DY.Data[inner]
			}
		})
	}
	d.Lower = func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		v := must(l)
		y := result(v)
		return b.Border(prim, x[0], rank, [2]int{y[0], y[1]}, v.before)
	}
	d.Exact, d.Bound, d.GradBound = exactSums, exact, exactGrad
	d.PerStep = true
	return define(d)
}
