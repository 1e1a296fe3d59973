package ir

import (
	"fmt"
	"slices"
)

// The primitives that reduce, pad and enlarge images. They work on the last axes of an image, h×w×c, or
// of a sequence, t×c, which has height 1; all axes before those are rows. The attributes are extents
// along height and width, such as 2×1, and axes, the number of axes of an image: 3, or 2 for a sequence.
var (
	MaxPool = row(Prim{Name: "pool.max", Stream: StreamImage, Doc: "the largest element of each window", Args: 1,
		Attrs: poolAttrs, Infer: planeSized})

	MaxPoolGrad = row(Prim{Name: "pool.max.grad", Stream: StreamNever, NoVJP: true, Doc: "dx of pool.max from dy, x, y",
		Args: 3, Attrs: poolAttrs, Infer: like(1)})

	AveragePool = row(Prim{Name: "pool.average", Stream: StreamImage, Doc: "the mean of each window", Args: 1,
		Attrs: poolAttrs, Infer: planeSized})

	AveragePoolGrad = row(Prim{Name: "pool.average.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx of pool.average from dy", Args: 1, Attrs: poolAttrs, Infer: planeSized})

	PadPrim = row(Prim{Name: "pad", Stream: StreamNever, Doc: "x with a border of zeros", Args: 1,
		Attrs: borderAttrs, Infer: planeSized})

	CropPrim = row(Prim{Name: "crop", Stream: StreamCrop, Doc: "x without a border", Args: 1,
		Attrs: borderAttrs, Infer: planeSized})

	EnlargePrim = row(Prim{Name: "enlarge", Stream: StreamNever,
		Doc: "x grown by a factor, by repeating pixels or between them", F: []string{"bilinear", "nearest"}, Args: 1,
		Attrs: []string{"axes int", "size shape"}, Infer: planeSized})

	EnlargeGrad = row(Prim{Name: "enlarge.grad", Stream: StreamNever, NoVJP: true, Doc: "dx of enlarge from dy",
		F: []string{"bilinear", "nearest"}, Args: 1,
		Attrs: []string{"axes int", "size shape"}, Infer: planeSized})
)

var (
	poolAttrs   = []string{"axes int", "size shape", "window shape", "pad shape?", "stride shape"}
	borderAttrs = []string{"axes int", "size shape", "before shape"}
)

// planeSized is the shape rule of what gives an image of the height and width in the attribute size.
func planeSized(n *Node) ([]Shape, error) {
	x, axes, size := n.Args[0].Shape, n.Int("axes"), extentsOf(n, "size", 0)
	if axes != 2 && axes != 3 || len(x) < axes || size[0] <= 0 || size[1] <= 0 || axes == 2 && size[0] != 1 {
		return nil, fmt.Errorf("size %s of %s, %d axes", n.Text("size"), x, axes)
	}
	y := slices.Clone(x)
	copy(y[len(y)-axes:], size[3-axes:])
	return []Shape{y}, nil
}

// Plane returns height, width and channels of a value that a primitive with the attribute axes works on.
func Plane(n *Node, v *Value) Shape { return plane(v.Shape, n.Int("axes")+1) }

// Extents returns an attribute of height and width; both def if it is absent.
func Extents(n *Node, name string, def int) (height, width int) {
	e := extentsOf(n, name, def)
	return e[0], e[1]
}

// Pool returns a reduction of an image over windows: size is height and width of the result.
func (b *Builder) Pool(prim *Prim, x *Value, axes int, size, window, pad, stride [2]int) *Value {
	return b.one(prim, "", []*Value{x}, "axes", axes, "size", extents(size), "window", extents(window), "pad",
		extents(pad), "stride", extents(stride))
}

// Border returns an image with a border (PadPrim), or without (CropPrim): size is height and width of the
// result, before the rows above and the columns to the left of the smaller image.
func (b *Builder) Border(prim *Prim, x *Value, axes int, size, before [2]int) *Value {
	return b.one(prim, "", []*Value{x}, "axes", axes, "size", extents(size), "before", extents(before))
}

// Enlarge returns an image grown to a size, a multiple of its own, by f: nearest or bilinear.
func (b *Builder) Enlarge(f string, x *Value, axes int, size [2]int) *Value {
	return b.one(EnlargePrim, f, []*Value{x}, "axes", axes, "size", extents(size))
}

// planeLike appends a primitive with the attributes of n, and the size of x for its result.
func planeLike(b *Builder, n *Node, prim *Prim, args ...*Value) *Value {
	d := &Node{Prim: prim, F: n.F, Args: args, Layer: b.Layer, Pos: b.Pos, Attrs: slices.Clone(n.Attrs)}
	x := Plane(n, n.Args[0])
	d.Set("size", extents([2]int{x[0], x[1]}))
	return b.Append(d).Results[0]
}

func init() {
	MaxPool.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		d := &Node{Prim: MaxPoolGrad, Args: []*Value{dy[0], n.Args[0], n.Results[0]}, Layer: b.Layer, Pos: b.Pos,
			Attrs: slices.Clone(n.Attrs)}
		return []*Value{b.Append(d).Results[0]}
	}
	for prim, grad := range map[*Prim]*Prim{AveragePool: AveragePoolGrad, PadPrim: CropPrim, CropPrim: PadPrim,
		EnlargePrim: EnlargeGrad} {
		prim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value { return []*Value{planeLike(b, n, grad, dy[0])} }
	}
}
