package ir

import (
	"fmt"
	"slices"
)

// The primitives of convolutions. They work on the last axes of an image, h×w×c, or of a sequence, t×c;
// all axes before those are rows. A filter is fh×fw×(c/groups)×oc, for sequences k×(c/groups)×oc; that
// of a depthwise convolution fh×fw×c×m, c·m being the channels of the output. The attributes are
// extents along height and width, such as 2×1:
//
//	size      height and width of the result, in ConvPrim, ConvDX and their depthwise forms
//	pad       rows above and columns left of the image, 0×0 if left out
//	stride    1×1 if left out
//	dilation  1×1 if left out
//	groups    1 if left out
//	filter    the shape of the result of ConvDW and DepthwiseDW
//
// A sequence has height 1.
var (
	ConvPrim = row(Prim{Name: "conv", Stream: StreamConv, Fuses: true, Folds: true, Geometry: true,
		Doc: "y = x ∗ w, then the epilogue", Args: -1, Attrs: append(slices.Clone(convAttrs), epilogueAttrs...),
		Infer: convShape(filterIn, filterOut, true)})

	ConvDX = row(Prim{Name: "conv.dx", Stream: StreamNever, Fuses: true, Folds: true, Geometry: true,
		Doc: "dx of conv from dy, w: the transposed convolution, then the epilogue", Args: -1,
		Attrs: append(slices.Clone(convAttrs), epilogueAttrs...), Infer: convShape(filterOut, filterIn, true)})

	ConvDW = row(Prim{Name: "conv.dw", Stream: StreamNever, Geometry: true, NoVJP: true, Doc: "dw of conv from x, dy",
		Args: 2, Attrs: convGradAttrs, Infer: filterShape(filterIn, filterOut)})

	DepthwisePrim = row(Prim{Name: "depthwise", Stream: StreamNever, Fuses: true, Folds: true, Geometry: true,
		Doc: "y = x ∗ w with filters for each channel of x, then the epilogue", Args: -1,
		Attrs: append(slices.Clone(convAttrs), epilogueAttrs...), Infer: convShape(depthwiseIn, depthwiseOut, true)})

	DepthwiseDX = row(Prim{Name: "depthwise.dx", Stream: StreamNever, Geometry: true, NoVJP: true,
		Doc: "dx of depthwise from dy, w", Args: 2, Attrs: convAttrs, Infer: convShape(depthwiseOut, depthwiseIn, false)})

	DepthwiseDW = row(Prim{Name: "depthwise.dw", Stream: StreamNever, Geometry: true, NoVJP: true,
		Doc: "dw of depthwise from x, dy", Args: 2, Attrs: convGradAttrs, Infer: filterShape(depthwiseIn, depthwiseOut)})
)

var (
	convAttrs     = []string{"size shape", "pad shape?", "stride shape?", "dilation shape?", "groups int?"}
	convGradAttrs = []string{"filter shape", "pad shape?", "stride shape?", "dilation shape?", "groups int?"}
)

// ConvGeometry holds the extents of a convolution, as the runtime has them: of x, y and the filter,
// strides, padding above and to the left, dilation, and groups.
type ConvGeometry struct {
	H, W, C, OH, OW, OC, FH, FW, SH, SW, PT, PL, DH, DW, Groups int
}

// Geometry returns the extents that a node of one of the primitives above, whose rows say Geometry, works with.
func Geometry(n *Node) ConvGeometry {
	var x, y, w Shape
	switch n.Prim {
	case ConvPrim, DepthwisePrim, QuantConv, QuantConvFloat, QuantDepthwise, QuantDepthwiseFloat:
		x, w, y = n.Args[0].Shape, n.Args[1].Shape, n.Results[0].Shape
	case ConvSteps:
		x, w, y = slices.Clone(n.Args[0].Shape), n.Args[1].Shape, n.Results[0].Shape
		x[len(x)-2] = (w[0]-1)*extentsOf(n, "dilation", 1)[1] + 1
	case ConvDX, DepthwiseDX:
		y, w, x = n.Args[0].Shape, n.Args[1].Shape, n.Results[0].Shape
	case ConvDW, DepthwiseDW:
		x, y, w = n.Args[0].Shape, n.Args[1].Shape, n.Results[0].Shape
	default:
		panic("BUG: " + n.Name() + " has no geometry")
	}
	x, y, w = plane(x, len(w)), plane(y, len(w)), twoD(w)
	pad, stride, dilation := extentsOf(n, "pad", 0), extentsOf(n, "stride", 1), extentsOf(n, "dilation", 1)
	g := ConvGeometry{
		H: x[0], W: x[1], C: x[2], OH: y[0], OW: y[1], OC: y[2], FH: w[0], FW: w[1],
		SH: stride[0], SW: stride[1], PT: pad[0], PL: pad[1], DH: dilation[0], DW: dilation[1], Groups: groupsOf(n),
	}
	switch n.Prim {
	case DepthwisePrim, DepthwiseDX, DepthwiseDW, QuantDepthwise, QuantDepthwiseFloat:
		g.Groups = g.C
	}
	return g
}

// plane returns the last three axes of images, given the rank of the filter; sequences have height 1.
func plane(s Shape, rank int) Shape {
	if rank == 3 {
		return Shape{1, s[len(s)-2], s[len(s)-1]}
	}
	return s[len(s)-3:]
}

// twoD returns the shape of a filter with its height.
func twoD(w Shape) Shape {
	if len(w) == 3 {
		return append(Shape{1}, w...)
	}
	return w
}

// extentsOf returns an attribute of height and width, both def if it is absent.
func extentsOf(n *Node, name string, def int) Shape {
	if s, err := parseShape(n.Text(name)); err == nil && len(s) == 2 {
		return s
	}
	return Shape{def, def}
}

// groupsOf returns the number of groups.
func groupsOf(n *Node) int { return max(1, n.Int("groups")) }

// The channels of x and of y, from the last two axes of a filter and the groups.
func filterIn(f Shape, groups int) int { return f[2] * groups }
func filterOut(f Shape, _ int) int     { return f[3] }
func depthwiseIn(f Shape, _ int) int   { return f[2] }
func depthwiseOut(f Shape, _ int) int  { return f[2] * f[3] }

// convChannels finds the channels of one side of a convolution.
type convChannels = func(f Shape, groups int) int

// convShape is the shape rule of what reads an image and a filter and gives an image.
func convShape(read, made convChannels, epilogue bool) func(n *Node) ([]Shape, error) {
	return func(n *Node) ([]Shape, error) {
		if len(n.Args) < 2 || len(n.Args) > 3 || len(n.Args) == 3 && !epilogue {
			return nil, fmt.Errorf("%d arguments, want 2, or 3 with an epilogue", len(n.Args))
		}
		a, w := n.Args[0].Shape, n.Args[1].Shape
		if len(w) != 3 && len(w) != 4 || len(a) < len(w)-1 {
			return nil, fmt.Errorf("operands %s and %s are not an image and a filter", a, w)
		}
		f := twoD(w)
		if a[len(a)-1] != read(f, groupsOf(n)) || f[3]%groupsOf(n) != 0 {
			return nil, fmt.Errorf("channels of %s and %s differ", a, w)
		}
		size := extentsOf(n, "size", 0)
		if size[0] <= 0 || size[1] <= 0 || len(w) == 3 && size[0] != 1 {
			return nil, fmt.Errorf("size %s", n.Text("size"))
		}
		out := slices.Clone(a[:len(a)-len(w)+1])
		return []Shape{append(append(out, size[4-len(w):]...), made(f, groupsOf(n)))}, nil
	}
}

// filterShape is the shape rule of the gradient of a filter.
func filterShape(in, out convChannels) func(n *Node) ([]Shape, error) {
	return func(n *Node) ([]Shape, error) {
		w, err := parseShape(n.Text("filter"))
		if err != nil {
			return nil, err
		}
		x, y := n.Args[0].Shape, n.Args[1].Shape
		if len(w) != 3 && len(w) != 4 || len(x) < len(w)-1 || len(x) != len(y) ||
			x[len(x)-1] != in(twoD(w), groupsOf(n)) || y[len(y)-1] != out(twoD(w), groupsOf(n)) {
			return nil, fmt.Errorf("filter %s of %s and %s", w, x, y)
		}
		return []Shape{w}, nil
	}
}

// Conv returns prim of an image (or sequence) and a filter; size is height and width of the result. Of
// the other extents those that are the usual ones may be left out, as in a Node.
func (b *Builder) Conv(prim *Prim, x, w *Value, size [2]int, pad, stride, dilation [2]int, groups int) *Value {
	n := &Node{Prim: prim, Args: []*Value{x, w}, Layer: b.Layer, Pos: b.Pos}
	n.Set("size", extents(size))
	for _, a := range []struct {
		name  string
		v     [2]int
		usual int
	}{{"pad", pad, 0}, {"stride", stride, 1}, {"dilation", dilation, 1}} {
		if a.v != [2]int{a.usual, a.usual} {
			n.Set(a.name, extents(a.v))
		}
	}
	if groups > 1 {
		n.Set("groups", groups)
	}
	return b.Append(n).Results[0]
}

func extents(p [2]int) string { return Shape{p[0], p[1]}.String() }

// convLike appends a primitive with the geometry of n; size is that of the image it gives, nil for the
// gradient of a filter of shape filter.
func convLike(b *Builder, n *Node, prim *Prim, args []*Value, size, filter Shape) *Value {
	d := &Node{Prim: prim, Args: args, Layer: b.Layer, Pos: b.Pos}
	if size != nil {
		d.Set("size", extents([2]int{size[0], size[1]}))
	} else {
		d.Set("filter", filter.String())
	}
	for _, name := range []string{"pad", "stride", "dilation", "groups"} {
		if v := n.Attr(name); v != nil {
			d.Set(name, v)
		}
	}
	return b.Append(d).Results[0]
}

func init() {
	// y = x ∗ w
	of := func(dx, dw *Prim) func(b *Builder, n *Node, dy []*Value) []*Value {
		return func(b *Builder, n *Node, dy []*Value) []*Value {
			x, w := n.Args[0], n.Args[1]
			return []*Value{
				convLike(b, n, dx, []*Value{dy[0], w}, plane(x.Shape, len(w.Shape)), nil),
				convLike(b, n, dw, []*Value{x, dy[0]}, nil, w.Shape),
			}
		}
	}
	ConvPrim.VJP = of(ConvDX, ConvDW)
	DepthwisePrim.VJP = of(DepthwiseDX, DepthwiseDW)

	// The transposed convolution: with z = conv.dx(v, w), ⟨dz, z⟩ = ⟨dz ∗ w, v⟩.
	ConvDX.VJP = func(b *Builder, n *Node, dz []*Value) []*Value {
		v, w := n.Args[0], n.Args[1]
		return []*Value{
			convLike(b, n, ConvPrim, []*Value{dz[0], w}, plane(v.Shape, len(w.Shape)), nil),
			convLike(b, n, ConvDW, []*Value{dz[0], v}, nil, w.Shape),
		}
	}
}
