package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

var interpolationAttr = spec.Attr{Name: "interpolation", Type: spec.Enum,
	Enum: []string{"nearest", "bilinear"}, Default: "nearest",
	Doc: "nearest repeats pixels, bilinear goes linearly from centre to centre."}

// UpSampling2D enlarges an image by whole factors.
//
//	forward   nearest:  y[i,j] = x[⌊i/fh⌋, ⌊j/fw⌋]
//	          bilinear: y[i,j] = x between the centres of pixels, at ((i + ½)/fh − ½, (j + ½)/fw − ½), and beyond the outermost
//	          as there
//	backward  dx = Σ dy by the weights that x has in y
//
// Shapes: x: n×h×w×c, y: n×(h·fh)×(w·fw)×c. No parameters. Backward needs nothing.
var UpSampling2D = defineUpSampling(Def{
	Kind: spec.Kind{Name: "up_sampling2d", Doc: "An image enlarged by whole factors.", Short: "size", Attrs: []spec.Attr{
		{Name: "size", Type: spec.Ints, Len: 2, Repeat: true, Default: []int{2, 2}, Min: spec.Bound(1),
			Doc: "Factors of height and width."}, interpolationAttr}},
	Cases: []Case{
		{In: []ir.Shape{{2, 3, 2}}},
		{In: []ir.Shape{{3, 2, 1}}, Attrs: "size: [1, 3]"},
		{In: []ir.Shape{{3, 4, 2}}, Attrs: "interpolation: bilinear"},
		{In: []ir.Shape{{2, 1, 3}}, Attrs: "size: [3, 4], interpolation: bilinear"},
	},
}, 3)

// UpSampling1D repeats each step of a sequence: up_sampling2d with height 1.
//
// Shapes: x: n×t×c, y: n×(t·f)×c.
var UpSampling1D = defineUpSampling(Def{
	Kind: spec.Kind{Name: "up_sampling1d", Doc: "A sequence with each of its steps repeated.",
		Short: "size", Attrs: []spec.Attr{
			{Name: "size", Type: spec.Int, Default: 2, Min: spec.Bound(1), Doc: "How often."}, interpolationAttr}},
	Cases: []Case{{In: []ir.Shape{{3, 2}}}, {In: []ir.Shape{{4, 1}}, Attrs: "size: 3, interpolation: bilinear"}},
}, 2)

// weighted is a place along an axis, and how much of it an output takes.
type weighted struct {
	at     int
	weight float64
}

// defineUpSampling adds a kind that enlarges images.
func defineUpSampling(d Def, rank int) *Def {
	d.Shape = func(l *Layer) (ir.Shape, error) {
		x, err := imageOf(l, rank)
		if err != nil {
			return nil, err
		}
		f := planeInts(l.Node, "size")
		for a, v := range f {
			if v > MaxElements/x[a] {
				return nil, &shapeError{at: "size", msg: "the enlarged image has too many elements"}
			}
		}
		return outer(ir.Shape{x[0] * f[0], x[1] * f[1], x[2]}, rank), nil
	}
	// each calls fn for every pair of elements of which that of x has a weight in that of y.
	each := func(c *Call, fn func(x, y int, weight float64)) {
		s, err := imageOf(c.Layer, rank)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		f := planeInts(c.Layer.Node, "size")
		// weights returns what an output reads along an axis, in order: one number, or two.
		weights := func(o, a int) []weighted {
			if c.Layer.Node.Word("interpolation") == "nearest" {
				return []weighted{{o / f[a], 1}}
			}
			at := math.Max((float64(o)+0.5)/float64(f[a])-0.5, 0)
			low := int(at)
			if low == s[a]-1 {
				return []weighted{{low, 1}}
			}
			return []weighted{{low, 1 - (at - float64(low))}, {low + 1, at - float64(low)}}
		}
		for i := range c.N {
			for oy := range s[0] * f[0] {
				for ox := range s[1] * f[1] {
					for _, y := range weights(oy, 0) {
						for _, x := range weights(ox, 1) {
							for ch := range s[2] {
								fn(((i*s[0]+y.at)*s[1]+x.at)*s[2]+ch, ((i*s[0]*f[0]+oy)*s[1]*f[1]+ox)*s[2]+ch,
									y.weight*x.weight)
							}
						}
					}
				}
			}
		}
	}
	forward := func(c *Call) {
		clear(c.Y.Data)
		each(c, func(x, y int, w float64) { c.Y.Data[y] += w * c.X[0].Data[x] })
	}
	backward := func(c *Call) {
		each(c, func(x, y int, w float64) { c.DX[0].Data[x] += w * c.DY.Data[y] })
	}
	d.Forward, d.Backward = forward, backward
	d.Lower = func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		s, _ := imageOf(l, rank)
		f := planeInts(l.Node, "size")
		return b.Enlarge(l.Node.Word("interpolation"), x[0], rank, [2]int{s[0] * f[0], s[1] * f[1]})
	}
	d.Exact = func(c *Call) bool {
		return c.Layer.Node.Word("interpolation") == "nearest" && exactSums(c)
	}
	d.Bound = func(c *Call) []float64 {
		if c.Layer.Node.Word("interpolation") == "nearest" {
			return exact(c)
		}
		a := absolute(c)
		forward(a)
		// a + t·(b − a) in two steps along rows, one along columns, with a rounded t.
		for i := range a.Y.Data {
			a.Y.Data[i] *= 3 // |b − a| ≤ |a| + |b|
		}
		return times(gamma(10), a.Y.Data)
	}
	d.GradBound = func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		backward(a)
		f := planeInts(c.Layer.Node, "size")
		return [][]float64{times(gamma(4*f[0]*f[1]+6), a.DX[0].Data)}, nil
	}
	d.PerStep = true
	return define(d)
}
